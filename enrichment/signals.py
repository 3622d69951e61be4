"""What enrichment tells the apps above, after commit."""

from django.dispatch import Signal

run_finished = Signal()
"""A run ended: `tenant_id` and `run_id` (texts). A lost signal is harmless: the run's row says the same."""
