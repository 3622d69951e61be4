"""How long a worker that fell silent keeps its import."""

import datetime as dt

from django.conf import settings


def lease() -> dt.timedelta:
    """The time after which another worker may go on, counted from the last committed batch."""
    return dt.timedelta(seconds=settings.IMPORT_LEASE_SECONDS)
