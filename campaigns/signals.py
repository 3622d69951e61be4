"""What campaigns tell the floors above, always after the commit; a lost signal is made up for by the tick."""

from django.dispatch import Signal

campaign_started = Signal()
"""Sent with `tenant_id` and `campaign_id` (text) when dialling may begin: start and resume."""

campaign_stopping = Signal()
"""Sent with `tenant_id`, `campaign_id` (text) and `hang_up` (bool) when a campaign is stopped for good."""
