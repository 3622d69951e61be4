"""Phone numbers that a provider sends later, to an address only it was told."""

import datetime as dt
import hashlib
import secrets
import uuid
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import ledger
from contacts.models import Contact
from core.problems import NotFound
from core.scope import tenant_scope
from enrichment import applying, budgets
from enrichment.budgets import CREDITS
from enrichment.fields import wanted_fields
from enrichment.models import CachedAnswer, EnrichmentRun, EnrichmentStep
from enrichment.providers import PROVIDERS
from enrichment.providers.apollo import Apollo
from enrichment.signals import announce_end

WAIT = dt.timedelta(hours=1)


def new_callback() -> tuple[str, str]:
    """An unguessable address for one step, and the hash under which the step keeps it."""
    token = secrets.token_urlsafe(32)
    return f"{settings.PUBLIC_BASE_URL}/api/v1/webhooks/enrichment/{token}", _hash(token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def later_key(step: EnrichmentStep) -> str:
    """The ledger's key of what is held for numbers that may follow."""
    return f"{step.settle_key}:later"


def hold_for_later(step: EnrichmentStep, price: int) -> None:
    """Reserve the price of a number that may follow; without enough credits it will be dropped when it comes."""
    step.waits_until = timezone.now() + WAIT
    try:
        ledger.hold(kind=CREDITS, amount=price, key=later_key(step), expires_at=step.waits_until)
    except ledger.InsufficientFunds:
        step.waits_until = None
    EnrichmentStep.objects.filter(pk=step.pk).update(waits_until=step.waits_until)


def receive_numbers(*, token: str, body: Any) -> bool:
    """Take over numbers sent to a step's address, once; tell whether one was.

    Raises NotFound for an unknown address.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, step_id FROM enrichment_callback(%s)", [_hash(token)])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    with tenant_scope(row[0]), transaction.atomic():
        return _receive(row[1], body)


def _receive(step_id: uuid.UUID, body: Any) -> bool:
    run_id = EnrichmentStep.objects.values_list("run_id", flat=True).get(pk=step_id)
    run: EnrichmentRun = EnrichmentRun.objects.for_update().get(pk=run_id)
    step: EnrichmentStep = EnrichmentStep.objects.for_update().get(pk=step_id)
    provider = PROVIDERS.get(step.provider)
    if step.waits_until is None or run.status in EnrichmentRun.OPEN or not isinstance(provider, Apollo):
        return False
    findings = provider.read_message(body)
    contact = Contact.objects.active().for_update().filter(pk=run.contact_id).first()
    taken: dict[str, Any] = {}
    if contact is not None and findings and step.waits_until > timezone.now():
        wanted = set(wanted_fields(contact, by_hand=True, dead_number=run.dead_number)) & {"phone_number"}
        taken = applying.apply_findings(
            run=run, contact=contact, provider=step.provider, findings=findings, wanted=wanted
        )
    _write_down(run, step, taken, provider.later_cost)
    if taken:
        announce_end(run)
    return bool(taken)


def _write_down(run: EnrichmentRun, step: EnrichmentStep, taken: dict[str, Any], price: int) -> None:
    step.waits_until = None
    if taken:
        step.fields, step.credits, run.credits = {**step.fields, **taken}, step.credits + price, run.credits + price
        _add_to_cache(step, taken["phone_number"])
    step.save(update_fields=["fields", "credits", "waits_until"])
    run.save(update_fields=["credits", "before"])
    if taken:
        budgets.count_days({step.provider: {"credits": price}})
    ledger.settle(kind=CREDITS, key=later_key(step), amount=price if taken else 0, note="Number that came later")


def _add_to_cache(step: EnrichmentStep, found: dict[str, Any]) -> None:
    row = CachedAnswer.objects.filter(provider=step.provider, query_hash=step.query_hash).first()
    if row is not None and row.outcome == EnrichmentStep.Outcome.FOUND:
        row.fields = [*row.fields, {"field": "phone_number", **found}]
        row.save(update_fields=["fields"])
