"""Asking for an enrichment, taking one back, and buying the next number when one turned out dead.

All functions work in the open scope. The work itself is done by a worker (see enrichment.waterfall).
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from accounts import audit, ledger
from accounts.permissions import require_role
from accounts.principals import Actor
from contacts.models import Contact
from core import background
from core.problems import DomainError
from core.scope import current_tenant_id
from enrichment import applying, caching, choices
from enrichment.budgets import CREDITS
from enrichment.choices import Choice
from enrichment.fields import wanted_fields
from enrichment.models import EnrichmentRun, ProviderSetting
from enrichment.providers.base import Verification, query_hash
from enrichment.run_pass import query_for

PRIORITY = {"manual": 1, "dead_number": 2, "created": 5, "bulk": 7, "refresh": 9}


class InsufficientCredits(DomainError):
    """The purse holds less than the cheapest step that the run would have to pay for."""

    code = "insufficient_credits"
    status = 402
    title = "There are not enough credits left."


class NothingToUndo(DomainError):
    """The run wrote nothing, runs still, or was taken back before."""

    code = "nothing_to_undo"
    title = "There is nothing to take back."


def request_enrichment(*, actor: Actor | None, contact: Contact) -> EnrichmentRun:
    """Queue a run for a contact by hand; one that already waits is returned instead.

    Raises InsufficientCredits when the purse holds less than the cheapest step the run would have to pay for.
    """
    check_affordable(contact)
    person = actor.user_or_none if actor else None
    return _queue(EnrichmentRun(contact=contact, trigger="manual", priority=PRIORITY["manual"], requested_by=person))


def check_affordable(contact: Contact) -> None:
    """Raise InsufficientCredits when the cheapest paid step of a run cannot be paid; remembered answers are free."""
    askable = _who_knows(contact, set(wanted_fields(contact, by_hand=True)))
    hashes = {
        query_hash(choice.provider.name, parts): choice.setting.cost_credits
        for choice, parts in askable
        if choice.setting.cost_credits
    }
    remembered = caching.recall(hashes)
    prices = [price for hashed, price in hashes.items() if hashed not in remembered]
    if prices and ledger.available(CREDITS) < min(prices):
        raise InsufficientCredits(f"The cheapest step costs {min(prices)} credits; that much is not left.")


def _who_knows(contact: Contact, wanted: set[str]) -> list[tuple[Choice, Mapping[str, str]]]:
    """The providers that may know a wanted field and can be asked about the contact, with the question."""
    query = query_for(contact)
    asked = [(c, c.provider.parts(query)) for c in choices.provider_choices() if c.usable]
    return [(c, parts) for c, parts in asked if parts is not None and wanted & set(c.provider.fields)]


def enrich_for_number(
    *, contact: Contact, dead_number: str, most_credits: int | None = None, reference: str = ""
) -> EnrichmentRun | None:
    """Look for another number of a contact whose number turned out dead, spending at most `most_credits`.

    The new number takes the dead one's place; `run_finished` tells when, with `reference` on the run. None when
    the workspace does not buy numbers or no provider can be asked about the contact. Asking twice for one dead
    number is one run.
    """
    if not choices.get_policy().buy_next_numbers or not _who_knows(contact, {"phone_number"}):
        return None
    run = EnrichmentRun(
        contact=contact,
        trigger="dead_number",
        priority=PRIORITY["dead_number"],
        dead_number=dead_number,
        most_credits=most_credits,
        reference=reference[:60],
    )
    known = EnrichmentRun.objects.filter(contact=contact, dead_number=dead_number).first()
    return known or _queue(run)


def _queue(run: EnrichmentRun) -> EnrichmentRun:
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        open_runs = EnrichmentRun.objects.filter(
            contact=run.contact, dead_number=run.dead_number, status__in=EnrichmentRun.OPEN
        )
        waiting: EnrichmentRun | None = open_runs.first()
        if waiting is None:  # it ended in this very moment
            return _queue(run)
        return waiting
    run.refresh_from_db()
    background.nudge("enrichment.tasks.enrich_contact", run.pk)
    return run


_QUEUE_NEW = """
    INSERT INTO enrichment_enrichmentrun (id, tenant_id, contact_id, status, trigger, priority, cached, credits,
        reference, dead_number, error, attempts, interruptions, before)
    SELECT crm_uuid7(), c.tenant_id, c.id, 'pending', 'created', %s, false, 0, '', '', '', 0, 0, '{}'
    FROM contacts_contact c JOIN accounts_tenant t ON t.id = c.tenant_id
    LEFT JOIN enrichment_enrichmentpolicy p ON p.tenant_id = t.id
    WHERE c.tenant_id = %s AND c.deleted_at IS NULL AND t.auto_enrich
      AND (p.automatic_since IS NULL OR c.created_at > p.automatic_since)
      AND {which} AND NOT EXISTS (SELECT 1 FROM enrichment_enrichmentrun r
        WHERE r.tenant_id = c.tenant_id AND r.contact_id = c.id)
    ON CONFLICT DO NOTHING
"""


def queue_new_contacts(contact_ids: Iterable[str | uuid.UUID] | None = None) -> int:
    """Queue runs for new contacts, if the workspace wants that; return how many.

    Without ids: for those of the last quarter of an hour that were missed. Contacts from before the
    policy's `automatic_since` are not new.
    """
    which = "c.id = ANY(%s::uuid[])"
    values: Any = [str(i) for i in contact_ids] if contact_ids is not None else None
    if values is None:
        which, values = "c.created_at BETWEEN now() - interval '15 minutes' AND now() - %s::interval", "30 seconds"
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE_NEW.replace("{which}", which), [PRIORITY["created"], current_tenant_id(), values])
        made = int(cursor.rowcount)
    if made:
        nudge()
    return made


def nudge() -> None:
    """Wake the workers for the open workspace after the commit."""
    background.nudge("enrichment.tasks.drain_enrichment")


def undo_enrichment(*, actor: Actor | None, run: EnrichmentRun) -> tuple[int, int]:
    """Set back what a run wrote, except what was changed since; return (fields set back, fields left).

    The credits stay spent: the provider was paid.
    """
    with transaction.atomic():
        run = EnrichmentRun.objects.for_update().get(pk=run.pk)
        if run.status in EnrichmentRun.OPEN or run.undone_at is not None or not run.before:
            raise NothingToUndo
        contact = Contact.objects.for_update().get(pk=run.contact_id)
        done = applying.take_back(actor=actor, run=run, contact=contact)
        EnrichmentRun.objects.filter(pk=run.pk).update(undone_at=Now())
        return done


def update_provider(*, actor: Actor, choice: Choice, changes: dict[str, Any]) -> Verification | None:
    """Change a provider's settings; a new key is tried at once and kept only when it works.

    The first real provider that works turns the simulated one off, so that made-up data ends where paid data
    begins. Returns what the provider said about a new key.
    """
    require_role(actor, "admin")
    key = changes.pop("api_key", "").strip()
    forget = changes.pop("forget_key", False)
    checked = choice.provider.verify(key) if key else None
    values: dict[str, Any] = dict(changes)
    if checked and checked.works:
        values |= {"api_key": key, "verified_at": Now(), "failures": 0, "paused_until": None, "paused_reason": ""}
    elif forget:
        values |= {"api_key": "", "verified_at": None}
    setting = ProviderSetting.objects.get(pk=choice.setting.pk)
    for name, value in values.items():
        setattr(setting, name, value)
    setting.save(update_fields=list(values))
    if checked and checked.works and choice.provider.needs_key and values.get("enabled"):
        ProviderSetting.objects.filter(provider="simulated").update(enabled=False)
    audit.record(actor=actor, action="enrichment.provider_updated", record=setting, fields=sorted(values))
    return checked


def ask_earlier(*, actor: Actor, choice: Choice) -> None:
    """Move a provider one place up in the order; the first stays the first."""
    require_role(actor, "admin")
    with transaction.atomic():
        order = [other.setting for other in choices.provider_choices()]
        at = [setting.pk for setting in order].index(choice.setting.pk)
        order.insert(max(0, at - 1), order.pop(at))
        for place, setting in enumerate(order, start=1):
            ProviderSetting.objects.filter(pk=setting.pk).update(position=place * 10)
    audit.record(actor=actor, action="enrichment.provider_updated", record=choice.setting, fields=["position"])


def update_policy(*, actor: Actor, changes: dict[str, Any]) -> None:
    """Change budget, alarm and refreshing."""
    require_role(actor, "admin")
    policy = choices.get_policy(lock=True)
    for name, value in changes.items():
        setattr(policy, name, value)
    policy.alarmed_month = ""
    policy.save(update_fields=[*changes, "alarmed_month"])
    audit.record(actor=actor, action="enrichment.policy_updated", record=policy, fields=sorted(changes))
