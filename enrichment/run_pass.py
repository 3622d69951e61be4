"""One transaction of a run: take in an answer, walk on to the next question, or end the run.

Locks are taken in one order everywhere: run, contact, provider settings, policy, figures of the day, purse.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from accounts import ledger, webhooks
from contacts.models import Contact
from core import rates
from core.scope import current_tenant_id
from enrichment import applying, arrivals, budgets, caching, choices
from enrichment.budgets import CREDITS
from enrichment.choices import Choice
from enrichment.fields import provenance, wanted_fields
from enrichment.free_mail import company_domain
from enrichment.models import EnrichmentPolicy, EnrichmentRun, EnrichmentStep
from enrichment.providers import PROVIDERS
from enrichment.providers.base import Answer, Context, Outcome, Provider, Query, query_hash
from enrichment.signals import announce_end

LEASE = dt.timedelta(seconds=90)
HOLD = dt.timedelta(minutes=10)
MAX_INTERRUPTIONS = 5
NOT_ENOUGH = "There are not enough credits left."
Kind = EnrichmentStep.Outcome


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be asked of whom, for which step."""

    step_id: uuid.UUID
    provider: Provider
    parts: Mapping[str, str]
    context: Context


def query_for(contact: Contact) -> Query:
    """What is known of a contact, normalised."""
    email = (contact.email or "").strip().lower()
    linkedin, domain = (_extra(contact, f) for f in ("linkedin_url", "company_domain"))
    return Query(
        email=email,
        domain=company_domain(email) or (domain if not email else ""),
        first_name=contact.first_name.strip().lower(),
        last_name=contact.last_name.strip().lower(),
        company=contact.company.strip().lower(),
        phone_number=contact.phone_number or "",
        linkedin_url=linkedin,
    )


def _extra(contact: Contact, name: str) -> str:
    entry = contact.enrichment_data.get(name)
    return str(entry.get("value", "")) if isinstance(entry, dict) else ""


class Pass:
    """One look at a run whose row is locked."""

    contact: Contact
    wanted: set[str]

    def __init__(self, run: EnrichmentRun, *, no_credits: bool = False) -> None:
        self.run = run
        self.no_credits = no_credits
        self.steps: list[EnrichmentStep] = list(run.steps.all())
        self.figures: dict[str, dict[str, int]] = {}
        self.settlement: tuple[str, int] | None = None
        self.freed = 0
        self.later: EnrichmentStep | None = None

    @cached_property
    def choices(self) -> list[Choice]:
        """The providers in order."""
        return choices.provider_choices()

    @cached_property
    def policy(self) -> EnrichmentPolicy | None:
        """The policy, locked, when it sets a budget."""
        if choices.get_policy().monthly_budget is None:
            return None
        return choices.get_policy(lock=True)

    def go(self, said: tuple[uuid.UUID, Answer] | None) -> Question | None:
        """Take in an answer, then walk on to the next question or to the end."""
        contact = Contact.objects.active().for_update().filter(pk=self.run.contact_id).first()
        if contact is None or self.run.interruptions > MAX_INTERRUPTIONS:
            self._give_up("The contact is gone." if contact is None else "Interrupted too often.")
            return None
        self.contact = contact
        by_hand = self.run.trigger == EnrichmentRun.Trigger.MANUAL
        self.wanted = set(wanted_fields(contact, by_hand=by_hand, dead_number=self.run.dead_number))
        for step in self.steps:
            self.wanted -= set(step.fields)
        if said is not None:
            self._take_in(*said)
        return self._walk()

    def _take_in(self, step_id: uuid.UUID, answer: Answer) -> None:
        step = next(s for s in self.steps if s.pk == step_id)
        setting = next(c.setting for c in self.choices if c.provider.name == step.provider)
        caching.remember(step.provider, step.query_hash, answer)
        choices.note_answer(setting, answer)
        self._write_step(step, answer)
        if step.price:
            self.settlement, self.freed = (step.settle_key, step.credits), step.price - step.credits
        if answer.phone_later and "phone_number" in self.wanted and step.callback_hash:
            self.later = step

    def _write_step(self, step: EnrichmentStep, answer: Answer) -> None:
        step.outcome, step.detail = answer.outcome.value, answer.detail[:300]
        if answer.outcome is Outcome.REFUSED_LEGAL:
            applying.erase_finds_of(contact=self.contact, provider=step.provider)
            EnrichmentStep.objects.filter(run__contact=self.contact, provider=step.provider).update(fields={})
        elif answer.outcome is Outcome.FOUND:
            step.fields = applying.apply_findings(
                run=self.run,
                contact=self.contact,
                provider=step.provider,
                findings=answer.findings,
                wanted=self.wanted,
            )
            step.credits = step.price if step.fields else 0
            step.detail = step.detail or ("" if step.fields else "Nothing that was missing.")
            self.wanted -= set(step.fields)
        self.run.credits += step.credits
        step.save()
        self._count(step)

    def _count(self, step: EnrichmentStep) -> None:
        self.figures[step.provider] = {
            "asked": int(not step.cached),
            "found": int(step.outcome == Outcome.FOUND and not step.cached),
            "failed": int(Outcome(step.outcome).is_failure),
            "cached": int(step.cached),
            "credits": step.credits,
        }

    def _walk(self) -> Question | None:
        usable = [c for c in self.choices if c.usable]
        query = query_for(self.contact)
        parts = {c.provider.name: c.provider.parts(query) for c in usable}
        hashes = {name: query_hash(name, p) for name, p in parts.items() if p is not None}
        remembered = caching.recall(hashes.values())
        by_provider = {s.provider: s for s in self.steps}
        for choice in usable:
            name = choice.provider.name
            step = by_provider.get(name) or EnrichmentStep(run=self.run, position=len(self.steps), provider=name)
            if step.outcome not in ("", Kind.ASKING):
                continue
            answer = remembered.get(hashes.get(name, ""))
            reason = self._reason_to_skip(choice, step, asks=name in hashes, cached=answer is not None)
            if not reason and answer is None and (wait := self._wait(choice)):
                self._keep_run(status="pending", lease_until=None, due_at=Now() + dt.timedelta(seconds=wait))
                return None
            if name not in by_provider:
                self.steps.append(step)
            if reason:
                step.outcome, step.detail, step.price = Kind.SKIPPED.value, reason, 0
                step.save()
            elif answer is not None:
                step.cached, step.price = True, 0
                self._write_step(step, answer)
            else:
                return self._question(choice, step, parts[name] or {}, hashes[name])
        self._finish()
        return None

    def _reason_to_skip(self, choice: Choice, step: EnrichmentStep, *, asks: bool, cached: bool) -> str:
        """Why a provider is not asked, in words; empty when it is."""
        if not self._could_fill(choice):
            return "It does not know what is still missing." if self.wanted else "Nothing is left to look for."
        if not asks:
            return "Too little is known to ask with."
        if cached:
            return ""
        if choice.resting:
            return f"Resting: {choice.setting.paused_reason or 'it failed several times.'}"
        price = choice.setting.cost_credits
        if self.run.most_credits is not None and self.run.credits + price > self.run.most_credits:
            return "It would cost more than this run may spend."
        if price and self.policy and not budgets.fits_budget(self.policy, price, without_step=step.pk):
            return "The month's budget is used up."
        if price and (self.no_credits or ledger.available(CREDITS) + self.freed < price):
            return NOT_ENOUGH
        return ""

    def _could_fill(self, choice: Choice) -> bool:
        """Whether the provider knows a wanted field that is not another provider's find."""
        for name in self.wanted & set(choice.provider.fields):
            entry = provenance(self.contact, name)
            if self.run.dead_number or entry is None or entry.get("provider") == choice.provider.name:
                return True
        return False

    def _wait(self, choice: Choice) -> int:
        """Seconds until the provider's own rate allows another question."""
        rate = choice.provider.rate
        return rates.hit(f"enrichment:{current_tenant_id()}:{choice.provider.name}", rate) if rate else 0

    def _question(self, choice: Choice, step: EnrichmentStep, parts: Mapping[str, str], hashed: str) -> Question:
        step.outcome, step.attempt, step.query_hash = Kind.ASKING.value, self.run.attempts, hashed
        step.price = choice.setting.cost_credits
        address = ""
        if choice.provider.later_cost and self._may_cost(step.price + choice.provider.later_cost, step):
            address, step.callback_hash = arrivals.new_callback()
        step.save()
        self._keep_run(lease_until=Now() + LEASE)
        if step.price:
            words: Any = {"reference": f"enrichment:{self.run.pk}", "expires_at": timezone.now() + HOLD}
            ledger.hold(kind=CREDITS, amount=step.price, key=step.settle_key, **words)
        context = Context(api_key=choice.setting.api_key, wanted=frozenset(self.wanted), callback_url=address)
        return Question(step.pk, choice.provider, parts, context)

    def _may_cost(self, price: int, step: EnrichmentStep) -> bool:
        """Whether a step together with a number that follows later stays within the run's limit and the month's."""
        if self.run.most_credits is not None and self.run.credits + price > self.run.most_credits:
            return False
        return not self.policy or budgets.fits_budget(self.policy, price, without_step=step.pk)

    def _give_up(self, error: str) -> None:
        for step in self.steps:
            if step.outcome == Kind.ASKING:
                self.settlement = (step.settle_key, 0) if step.price else None
                step.outcome, step.detail = Kind.ERROR.value, error
                step.save()
        self._finish(error)

    def _keep_run(self, **changes: object) -> None:
        """Write the run, then the figures, then the purse: always in this order."""
        for name, value in changes.items():
            setattr(self.run, name, value)
        self.run.save(update_fields=["credits", "before", *changes])
        budgets.count_days(self.figures)
        self.figures = {}
        if self.settlement:
            key, amount = self.settlement
            ledger.settle(kind=CREDITS, key=key, amount=amount, note="Enrichment")
            self.settlement = None
        if self.later is not None:
            arrivals.hold_for_later(self.later, PROVIDERS[self.later.provider].later_cost)
            self.later = None

    def _finish(self, error: str = "") -> None:
        answered = [s for s in self.steps if s.outcome in (Kind.FOUND, Kind.NOT_FOUND, Kind.REFUSED_LEGAL)]
        troubled = [s for s in self.steps if s not in answered and s.outcome != Kind.SKIPPED]
        if not error and not answered:
            error = NOT_ENOUGH if any(s.detail == NOT_ENOUGH for s in self.steps) else ""
            error = error or ("No provider could be reached." if troubled else "")
        cached = bool(answered) and all(s.cached for s in answered)
        status = EnrichmentRun.Status.FAILED if error else EnrichmentRun.Status.COMPLETED
        self._keep_run(status=status.value, cached=cached, error=error, lease_until=None, completed_at=Now())
        data = {"id": str(self.run.pk), "contact_id": str(self.run.contact_id), "status": status.value}
        webhooks.publish(event="enrichment.completed", data=data)
        announce_end(self.run)
