"""Periodic work on the purses."""

from celery import shared_task

from accounts import ledger
from core.scope import tenant_scope


@shared_task
def expire_holds() -> int:
    """Give back what was held for work whose worker has gone; a few minutes old at the most."""
    total = 0
    for tenant_id in ledger.tenants_with_expired_holds():
        with tenant_scope(tenant_id):
            total += ledger.expire_holds()
    return total
