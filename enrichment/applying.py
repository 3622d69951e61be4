"""Writing finds into a contact with their provenance, and taking them back.

The caller has locked the contact. Nothing a person typed is replaced (see enrichment.fields.may_write).
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.principals import Actor
from contacts.history import attribute_to
from contacts.models import Contact
from contacts.values import default_region
from enrichment.fields import OF_CONTACT, clean_value, held_value, may_write
from enrichment.models import EnrichmentRun
from enrichment.providers.base import Finding

DEAD = "dead_numbers"


def dead_numbers(contact: Contact) -> list[str]:
    """Numbers of the contact that turned out dead and are never taken again."""
    numbers = contact.enrichment_data.get(DEAD, [])
    return [str(n) for n in numbers] if isinstance(numbers, list) else []


def apply_findings(
    *, run: EnrichmentRun, contact: Contact, provider: str, findings: tuple[Finding, ...], wanted: set[str]
) -> dict[str, Any]:
    """Write the finds that are wanted and allowed; return them by field. `run.before` learns what stood there."""
    taken: dict[str, Any] = {}
    region = default_region() if any(f.field == "phone_number" for f in findings) else "US"
    for finding in findings:
        field = finding.field
        if field in taken or field not in wanted:
            continue
        value = clean_value(field, finding.value, region=region)
        if value and _fits(run, contact, provider, field, value):
            taken[field] = {"value": value, "confidence": round(finding.confidence, 2), "source": finding.source}
    if taken:
        _write(run, contact, provider, taken)
    return taken


def _fits(run: EnrichmentRun, contact: Contact, provider: str, field: str, value: str) -> bool:
    if not may_write(contact, field, provider, dead_number=run.dead_number):
        return False
    if field == "phone_number":
        return value != run.dead_number and value not in dead_numbers(contact)
    if field == "email":
        return not Contact.objects.active().with_email(value).exclude(pk=contact.pk).exists()
    return True


def _write(run: EnrichmentRun, contact: Contact, provider: str, taken: dict[str, Any]) -> None:
    now = timezone.now().isoformat().replace("+00:00", "Z")
    data = dict(contact.enrichment_data)
    for field, found in taken.items():
        first = run.before.get(field, {"value": held_value(contact, field), "entry": data.get(field)})
        run.before = {**run.before, field: first}
        data[field] = {**found, "provider": provider, "found_at": now, "run_id": str(run.pk)}
        if field in OF_CONTACT:
            setattr(contact, field, found["value"])
    if run.dead_number and "phone_number" in taken:
        data[DEAD] = [*dead_numbers(contact), run.dead_number]
    contact.enrichment_data = data
    attribute_to(None, f"enrichment:{run.pk}")
    _save(contact, [f for f in taken if f in OF_CONTACT])


def _save(contact: Contact, fields: list[str]) -> None:
    with transaction.atomic():
        contact.save(update_fields=[*fields, "enrichment_data"])


def take_back(*, actor: Actor | None, run: EnrichmentRun, contact: Contact) -> tuple[int, int]:
    """Set back what the run wrote and nobody changed since; return (fields set back, fields left)."""
    data, back, left, fields = dict(contact.enrichment_data), 0, 0, []
    for field, before in run.before.items():
        entry = data.get(field)
        current = isinstance(entry, dict) and entry.get("run_id") == str(run.pk) and not entry.get("undone")
        if not current or held_value(contact, field) != entry["value"]:  # type: ignore[index]
            left += 1
            continue
        if field in ("email", "phone_number") and not before["value"] and not _reachable_without(contact, field):
            left += 1
            continue
        data[field] = before["entry"] or {"undone": True, "run_id": str(run.pk)}
        if field in OF_CONTACT:
            setattr(contact, field, before["value"] or (None if field in ("email", "phone_number") else ""))
            fields.append(field)
        back += 1
    contact.enrichment_data = data
    attribute_to(actor, f"enrichment-undo:{run.pk}")
    try:
        _save(contact, fields)
    except IntegrityError:  # an address that stood here before belongs to someone else by now
        contact.refresh_from_db()
        return 0, len(run.before)
    return back, left


def _reachable_without(contact: Contact, field: str) -> bool:
    return bool(contact.phone_number if field == "email" else contact.email)


def erase_finds_of(*, contact: Contact, provider: str) -> None:
    """Remove everything a provider ever gave for a contact: it may not be kept any more."""
    data, fields = dict(contact.enrichment_data), []
    for field, entry in contact.enrichment_data.items():
        if not isinstance(entry, dict) or entry.get("provider") != provider:
            continue
        removable = field not in ("email", "phone_number") or _reachable_without(contact, field)
        if field in OF_CONTACT and removable and held_value(contact, field) == entry.get("value"):
            setattr(contact, field, None if field in ("email", "phone_number") else "")
            fields.append(field)
        del data[field]
    contact.enrichment_data = data
    attribute_to(None, f"enrichment-erase:{provider}")
    _save(contact, fields)
