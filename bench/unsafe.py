"""The positive control: the dialler as it is usually built, which tries again when it is not sure.

`celery -A bench.unsafe` runs the product's workers with the protection off: an unclear answer to a placing
request gives the attempt back at once instead of being looked up.
"""

from typing import Any

from crm.celery import app

__all__ = ["app"]


@app.on_after_finalize.connect
def take_protection_off(sender: Any, **_: Any) -> None:
    """Replace the careful step by the usual one."""
    from django.db import transaction

    from calls.dialer import place
    from calls.dialer.release import release_calls
    from calls.models import Call

    @transaction.atomic
    def try_again(call: Any, error: Any) -> None:
        release_calls(calls=list(Call.objects.for_update().filter(pk=call.pk, dial_state="dialing")))

    place._record_unknown = try_again
