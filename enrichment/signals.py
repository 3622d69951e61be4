"""What enrichment tells the apps above, after commit."""

from typing import Any

from django.db import transaction
from django.dispatch import Signal

from core.scope import current_tenant_id

run_finished = Signal()
"""A run ended, or a number it was promised came later: `tenant_id`, `run_id` and `dead_number` (texts).

`dead_number` is empty unless the run looked for another number. A lost signal is harmless: the run's row says
the same.
"""


def announce_end(run: Any) -> None:
    """Send `run_finished` once the transaction has been committed."""
    words = {"tenant_id": str(current_tenant_id()), "run_id": str(run.pk), "dead_number": run.dead_number}
    transaction.on_commit(lambda: run_finished.send_robust(sender=type(run), **words), robust=True)
