"""How often one address may send the public form: exact in Redis, counted from the stored rows when it is away."""

import datetime as dt

import structlog
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from redis.exceptions import RedisError

from core import rates
from core.problems import DomainError
from leads.models import Submission

log = structlog.get_logger(__name__)


class TooManySubmissions(DomainError):
    """The address sent the form too often."""

    code = "rate_limited"
    status = 429
    title = "Too many requests."

    def __init__(self, wait: int) -> None:
        super().__init__("This form was sent too often from your address. Try again in a while.", retry_after=wait)


def check_intake_rate(*, form: str, origin: str) -> None:
    """Count one use of a form (or an edit) by an address; raises TooManySubmissions over either limit.

    Runs in the form's tenant scope. A refused use is counted too.
    """
    limits = (
        (f"intake:{origin}", settings.INTAKE_RATE_PER_ADDRESS),
        (f"intake:{form}:{origin}", settings.INTAKE_RATE_PER_FORM_AND_ADDRESS),
    )
    try:
        counts = [(rates.count(name, rate), rate) for name, rate in limits]
    except (RedisError, OSError):
        log.warning("intake_rate_from_rows")
        counts = _stored(origin)
    for uses, rate in counts:
        if uses > rates.parse_rate(rate)[0]:
            raise TooManySubmissions(rates.wait_for_next(rate))


def _stored(origin: str) -> list[tuple[int, str]]:
    """(Submissions of the address within the window, this one included; the rate) over all forms and for this one.

    Its next one waits for our commit, so that many at once cannot pass together.
    """
    everywhere, here = settings.INTAKE_RATE_PER_ADDRESS, settings.INTAKE_RATE_PER_FORM_AND_ADDRESS
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"intake:{origin}"])
        cursor.execute("SELECT submissions_of_origin(%s, %s)", [origin, rates.parse_rate(everywhere)[1]])
        (anywhere,) = cursor.fetchone()
    since = Now() - dt.timedelta(seconds=rates.parse_rate(here)[1])
    with_us = Submission.objects.filter(origin=origin, submitted_at__gt=since).count()
    return [(int(anywhere) + 1, everywhere), (with_us + 1, here)]
