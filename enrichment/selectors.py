"""Reading enrichment for pages: what is known of a contact and from where, and what was spent."""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Sum
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from contacts.models import Contact
from core.problems import NotFound
from enrichment.fields import LABELS, OF_CONTACT, held_value, provenance
from enrichment.models import EnrichmentBatch, EnrichmentRun, ProviderDay
from enrichment.providers import PROVIDERS

RUNS_ON_A_PANEL = 5
TONES = ("violet", "blue", "green", "amber", "red", "gray")


@dataclass(frozen=True, slots=True)
class Fact:
    """One value enrichment found, and where it came from."""

    label: str
    value: str
    provider: str
    confidence: float
    source: str
    found_at: dt.datetime | None
    link: str = ""
    of_contact: bool = False


def get_contact(actor: Any, pk: uuid.UUID) -> Contact:
    """An active contact; raises NotFound."""
    contact: Contact | None = Contact.objects.active().filter(pk=pk).first()
    if contact is None:
        raise NotFound("There is no such contact.")
    return contact


def get_run(actor: Any, contact: Contact, pk: uuid.UUID) -> EnrichmentRun:
    """A run of a contact; raises NotFound."""
    run: EnrichmentRun | None = EnrichmentRun.objects.filter(contact=contact, pk=pk).first()
    if run is None:
        raise NotFound("There is no such enrichment.")
    return run


def runs_of(contact: Contact) -> list[EnrichmentRun]:
    """The newest runs of a contact with their steps."""
    runs = EnrichmentRun.objects.filter(contact=contact).prefetch_related("steps")
    return list(runs.order_by("-created_at", "-id")[:RUNS_ON_A_PANEL])


def facts_of(contact: Contact) -> list[Fact]:
    """What enrichment found and still stands, in a fixed order."""
    facts = []
    for name, label in LABELS.items():
        entry = provenance(contact, name)
        value = held_value(contact, name)
        if entry is None or not value:
            continue
        source = str(entry.get("source", ""))
        facts.append(
            Fact(
                label=label,
                value=value.partition("linkedin.com/")[2] or value,
                provider=provider_label(str(entry.get("provider", ""))),
                confidence=float(entry.get("confidence", 0)),
                source=source if source.startswith("https://") else "",
                found_at=parse_datetime(str(entry.get("found_at", ""))),
                link=_link(name, value),
                of_contact=name in OF_CONTACT,
            )
        )
    return facts


def _link(name: str, value: str) -> str:
    if name == "company_domain":
        return f"https://{value}"
    return value if name == "linkedin_url" and value.startswith("https://") else ""


def provider_label(name: str) -> str:
    """A provider's name as people read it."""
    return PROVIDERS[name].label if name in PROVIDERS else name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent over a period: a stacked column per day, a row per provider."""

    days: list[tuple[str, list[tuple[str, int]]]]
    providers: list[dict[str, Any]]
    credits: int
    found: int


def spending(*, days: int = 30) -> Spending:
    """Spending of the last days."""
    today = timezone.now().date()
    since = today - dt.timedelta(days=days - 1)
    rows = list(ProviderDay.objects.filter(day__gte=since))
    tones = {name: TONES[n % len(TONES)] for n, name in enumerate(PROVIDERS)}
    by_day: dict[dt.date, list[tuple[str, int]]] = {since + dt.timedelta(days=n): [] for n in range(days)}
    for row in sorted(rows, key=lambda r: list(tones).index(r.provider) if r.provider in tones else 99):
        if row.credits:
            by_day.setdefault(row.day, []).append((tones.get(row.provider, "gray"), row.credits))
    names = ("asked", "found", "failed", "cached", "credits")
    sums = ProviderDay.objects.filter(day__gte=since).values("provider").annotate(**{f"{n}_sum": Sum(n) for n in names})
    table = [
        {"label": provider_label(r["provider"]), "tone": tones.get(r["provider"], "gray")}
        | {n: r[f"{n}_sum"] for n in names}
        | {"hit_rate": r["found_sum"] / r["asked_sum"] if r["asked_sum"] else None}
        for r in sums
    ]
    table.sort(key=lambda r: (-r["credits"], -r["asked"]))
    columns: list[tuple[str, list[tuple[str, int]]]] = [(f"{d:%-d %b}", parts) for d, parts in by_day.items()]
    return Spending(columns, table, sum(r["credits"] for r in table), sum(r["found"] for r in table))


@dataclass(frozen=True, slots=True)
class Result:
    """What looking one contact up brought."""

    run: EnrichmentRun
    found: str


def latest_results(batch: EnrichmentBatch, *, most: int = 12) -> list[Result]:
    """The contacts of a batch that were looked up last, with the names of what was found."""
    looked_up = EnrichmentRun.objects.filter(batch=batch, attempts__gt=0, completed_at__isnull=False)
    runs = looked_up.select_related("contact").order_by("-completed_at", "-id")[:most]
    return [Result(run, names_of(run)) for run in runs]


def names_of(run: EnrichmentRun) -> str:
    """The fields a run wrote, as people read them, in the order of the panel."""
    return ", ".join(label for name, label in LABELS.items() if name in run.before)
