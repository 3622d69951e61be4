"""Answers remembered inside the workspace: finds for 7 days, misses for 24 hours, refusals by law for ever."""

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from enrichment.models import CachedAnswer
from enrichment.providers.base import Answer, Finding, Outcome

KEPT = {Outcome.FOUND: dt.timedelta(days=7), Outcome.NOT_FOUND: dt.timedelta(hours=24)}
FOR_EVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def recall(hashes: Iterable[str]) -> dict[str, Answer]:
    """The remembered answers among these questions, by hash."""
    rows = CachedAnswer.objects.filter(query_hash__in=list(hashes), expires_at__gt=timezone.now())
    return {row.query_hash: Answer(Outcome(row.outcome), tuple(Finding(**f) for f in row.fields)) for row in rows}


def remember(provider: str, query_hash: str, answer: Answer) -> None:
    """Keep an answer; a failure is no answer and is not kept."""
    if answer.outcome is Outcome.REFUSED_LEGAL:
        expires_at = FOR_EVER
    elif answer.outcome in KEPT:
        expires_at = timezone.now() + KEPT[answer.outcome]
    else:
        return
    findings = [
        {"field": f.field, "value": f.value, "confidence": f.confidence, "source": f.source} for f in answer.findings
    ]
    row = CachedAnswer(
        provider=provider, query_hash=query_hash, outcome=answer.outcome, fields=findings, expires_at=expires_at
    )
    CachedAnswer.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["tenant", "provider", "query_hash"],
        update_fields=["outcome", "fields", "expires_at"],
    )


def forget_expired() -> int:
    """Delete what is too old to be used; return how many answers."""
    deleted, _ = CachedAnswer.objects.filter(expires_at__lte=timezone.now()).delete()
    return int(deleted)
