"""Background work on contacts. Every task finds its work in the database and can be repeated."""

import datetime as dt
import uuid

from celery import shared_task
from django.utils import timezone

from accounts.lookups import tenant_ids
from contacts import bulk, duplicates
from contacts.importing import engine, files
from core.scope import tenant_scope


@shared_task
def run_import(tenant_id: str, import_id: str) -> None:
    """Work on an import for a slice of time and come back for the rest."""
    if engine.run_slice(uuid.UUID(tenant_id), uuid.UUID(import_id)):
        run_import.delay(tenant_id, import_id)


@shared_task
def resume_imports() -> None:
    """Find imports that wait or whose worker died, and enqueue them."""
    for tenant_id, import_id in engine.due_imports():
        run_import.delay(str(tenant_id), str(import_id))


@shared_task
def run_bulk_action(tenant_id: str, action_id: str) -> None:
    """Carry a large bulk action to its end."""
    bulk.run(uuid.UUID(tenant_id), uuid.UUID(action_id))


@shared_task
def resume_bulk_actions() -> None:
    """Find bulk actions whose worker died, and go on with them."""
    for tenant_id, action_id in bulk.due_actions():
        run_bulk_action.delay(str(tenant_id), str(action_id))


@shared_task
def find_duplicates(tenant_id: str) -> None:
    """Look for duplicates in a whole workspace."""
    duplicates.scan_tenant(uuid.UUID(tenant_id))


@shared_task
def find_all_duplicates() -> None:
    """Look for duplicates in every workspace, once a day."""
    for tenant_id in tenant_ids():
        find_duplicates.delay(str(tenant_id))


@shared_task
def forget_old_drafts() -> None:
    """Remove uploads and trials that nobody went on with for a week, in every workspace."""
    for tenant_id in tenant_ids():
        with tenant_scope(tenant_id):
            files.forget_old_drafts(timezone.now() - dt.timedelta(days=7))
