"""Periodic work on purses and on what a workspace has stored."""

from celery import shared_task

from accounts import ledger
from accounts.lookups import tenant_ids
from core import file_sweep
from core.scope import tenant_scope


@shared_task
def expire_holds() -> int:
    """Give back what was held for work whose worker has gone; a few minutes old at the most."""
    total = 0
    for tenant_id in ledger.tenants_with_expired_holds():
        with tenant_scope(tenant_id):
            total += ledger.expire_holds()
    return total


@shared_task
def sweep_files() -> int:
    """Delete stored files that no row names, in every workspace."""
    return sum(file_sweep.sweep_files(tenant_id) for tenant_id in tenant_ids())
