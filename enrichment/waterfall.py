"""The run: hold credits, ask outside any transaction, capture what was delivered or release, go on.

A run is advanced by `advance`, one short transaction between two questions. Whoever claims a run raises its
`attempts`; words of an older worker find another number there and change nothing, so a question that two
workers came to ask is written down, and paid, once.
"""

import uuid

import structlog
from django.db import connection, transaction

from accounts import ledger
from core.scope import current_tenant_id
from enrichment.budgets import CREDITS
from enrichment.models import EnrichmentRun, EnrichmentStep
from enrichment.providers.base import Answer, Outcome
from enrichment.run_pass import LEASE, Pass, Question

log = structlog.get_logger(__name__)
_CLAIM = """
    UPDATE enrichment_enrichmentrun SET interruptions = interruptions + (status = 'running')::int,
      status = 'running', attempts = attempts + 1, lease_until = statement_timestamp() + %s::interval
    WHERE id IN (
      SELECT id FROM enrichment_enrichmentrun WHERE tenant_id = %s AND (%s::uuid IS NULL OR id = %s::uuid)
        AND ((status = 'pending' AND due_at <= statement_timestamp())
          OR (status = 'running' AND lease_until < statement_timestamp()))
      ORDER BY priority, due_at LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id, attempts
"""


def claim(*, run_id: uuid.UUID | None = None, limit: int = 1) -> list[tuple[uuid.UUID, int]]:
    """Take due runs, the most urgent first, or one by id; also those whose worker has gone. In its own transaction.

    Returns pairs of the run and the number that proves the claim.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [str(LEASE), current_tenant_id(), run_id, run_id, limit])
        return [(row[0], row[1]) for row in cursor.fetchall()]


def work(run_id: uuid.UUID, attempt: int) -> None:
    """Take a claimed run to its end; no transaction is open while a provider is asked."""
    release_interrupted(run_id, attempt)
    question = advance(run_id, attempt)
    while question is not None:
        question = advance(run_id, attempt, (question.step_id, ask(question)))


def ask(question: Question) -> Answer:
    """Ask the provider; whatever breaks in an adapter is an answer of its own kind."""
    try:
        return question.provider.ask(question.parts, question.context)
    except Exception as error:
        log.exception("enrichment_adapter_failed", provider=question.provider.name)
        return Answer(Outcome.ERROR, detail=f"The answer could not be read ({type(error).__name__}).")


def release_interrupted(run_id: uuid.UUID, attempt: int) -> None:
    """Give back what a worker that has gone had held for its question."""
    if attempt == 1:
        return
    with transaction.atomic():
        if _locked(run_id, attempt) is None:
            return
        for step in EnrichmentStep.objects.filter(run_id=run_id, outcome=EnrichmentStep.Outcome.ASKING):
            if step.price:
                ledger.settle(kind=CREDITS, key=step.settle_key, amount=0, note="Interrupted")
            EnrichmentStep.objects.filter(pk=step.pk).update(price=0)


def advance(run_id: uuid.UUID, attempt: int, said: tuple[uuid.UUID, Answer] | None = None) -> Question | None:
    """Write down what was said and find the next question; None when the run is over or not ours any more."""
    for outrun in (False, True):
        try:
            with transaction.atomic():
                run = _locked(run_id, attempt)
                return Pass(run, no_credits=outrun).go(said) if run else None
        except ledger.InsufficientFunds:
            # Someone else took the credits between the look and the hold: once more, knowing that.
            if outrun:
                raise
    return None


def _locked(run_id: uuid.UUID, attempt: int) -> EnrichmentRun | None:
    runs = EnrichmentRun.objects.for_update().filter(pk=run_id, attempts=attempt, status="running")
    run: EnrichmentRun | None = runs.first()
    return run
