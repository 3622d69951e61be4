"""What leads tell the floors above, after the commit: `tenant_id` and `lead_id` only."""

from django.dispatch import Signal

lead_created = Signal()
lead_converted = Signal()
