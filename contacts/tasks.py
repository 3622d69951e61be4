"""Background work on contacts. Every task finds its work in the database and can be repeated."""

import uuid

from celery import shared_task

from contacts.importing import engine


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
