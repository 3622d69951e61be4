"""The drive: one worker process claims, dials and collects for every running campaign, for a few seconds at a time.

Any number of drives may run at once, here and on other machines: the gates decide, not who drives.
"""

from __future__ import annotations

import random
import time
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field

import structlog
from django.db import connection

from calls.dialer import brakes, intent, place, sweep
from calls.dialer.claim import claim_calls
from core.scope import tenant_context

log = structlog.get_logger(__name__)
BUDGET_SECONDS = 5.0
IDLE_SECONDS = 0.25
"""How long a drive waits for answers before it looks again whether a line is free."""
CHECK_SECONDS = 2.0
"""How often a drive sweeps, and asks for each campaign whether it must pause or has ended."""


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign that dials, or waits for its last calls."""

    tenant_id: uuid.UUID
    campaign_id: uuid.UUID
    status: str


@dataclass(slots=True)
class Drive:
    """One turn at the wheel."""

    until: float = field(default_factory=lambda: time.monotonic() + BUDGET_SECONDS)
    waiting: dict[Future[place.Answer], uuid.UUID] = field(default_factory=dict)
    checked_at: float = 0.0
    dialed: int = 0

    def run(self) -> int:
        """Drive until the time is up or nothing runs; return how many calls were placed or tried."""
        while time.monotonic() < self.until:
            running = running_campaigns()
            self._check(running)
            if not running and not self.waiting:
                return self.dialed
            random.shuffle(running)
            started = sum(self._dial(campaign) for campaign in running if campaign.status == "running")
            self.dialed += started
            self._collect(0.0 if started else IDLE_SECONDS)
        while self.waiting:
            self._collect(IDLE_SECONDS)
        return self.dialed

    def _dial(self, campaign: Running) -> int:
        most = place.AT_ONCE - len(self.waiting)
        if most <= 0:
            return 0
        with tenant_context(campaign.tenant_id):
            claim = claim_calls(campaign_id=campaign.campaign_id, most=most)
            if not claim.call_ids:
                return 0
            began = time.monotonic()
            intents = intent.commit_intents(campaign_id=campaign.campaign_id, call_ids=claim.call_ids)
            for future in place.send(intents, began=began):
                self.waiting[future] = campaign.tenant_id
            return len(intents)

    def _collect(self, seconds: float) -> None:
        """Write down the answers that have come, by tenant."""
        if not self.waiting:
            time.sleep(seconds)
            return
        done, _ = wait(self.waiting, timeout=seconds, return_when=FIRST_COMPLETED)
        answers: dict[uuid.UUID, list[place.Answer]] = {}
        for future in done:
            answers.setdefault(self.waiting.pop(future), []).append(future.result())
        for tenant_id, of_tenant in answers.items():
            with tenant_context(tenant_id):
                place.record(of_tenant)

    def _check(self, running: list[Running]) -> None:
        if time.monotonic() < self.checked_at + CHECK_SECONDS:
            return
        self.checked_at = time.monotonic()
        sweep.sweep_all()
        for campaign in running:
            with tenant_context(campaign.tenant_id):
                if not brakes.check(campaign.campaign_id):
                    brakes.end_if_finished(campaign.campaign_id)


def running_campaigns() -> list[Running]:
    """Every campaign of every tenant that runs or is stopping."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, campaign_id, status FROM dialable_campaigns()")
        return [Running(*row) for row in cursor.fetchall()]
