"""Work for later, asked for by a task's name: a service need not know the module whose tasks call it back."""

from django.db import transaction
from django.utils.module_loading import import_string

from core.scope import current_tenant_id


def nudge(task: str, *arguments: object) -> None:
    """Hand a task ("contacts.tasks.run_import") to the workers once the open transaction has committed.

    Its first argument is the open workspace; all are sent as text. A broker that is away fails nothing: the
    work stands in the database, where a periodic look finds it.
    """
    found = import_string(task)
    texts = [str(argument) for argument in (current_tenant_id(), *arguments)]
    transaction.on_commit(lambda: found.delay(*texts), robust=True)
