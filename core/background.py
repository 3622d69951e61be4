"""Work for later, asked for by a task's name: a service need not know the module whose tasks call it back."""

import uuid

from django.db import transaction
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from core.rates import redis_client
from core.scope import current_tenant_id

WAITING_SECONDS = 30


def nudge(task: str, *arguments: object) -> None:
    """Hand a task ("contacts.tasks.run_import") to the workers once the open transaction has committed.

    Its first argument is the open workspace; all are sent as text. A broker that is away fails nothing: the
    work stands in the database, where a periodic look finds it.
    """
    found = import_string(task)
    texts = [str(argument) for argument in (current_tenant_id(), *arguments)]
    transaction.on_commit(lambda: found.delay(*texts), robust=True)


def nudge_once(task: str) -> None:
    """Like `nudge`, for a task that does all that is due in the workspace: none is sent while one waits already.

    The task calls `begin` before it looks, so that what was committed before a nudge left out is seen by it.
    """
    found, tenant_id = import_string(task), current_tenant_id()

    def send() -> None:
        if _note_waiting(task, tenant_id):
            found.delay(str(tenant_id))

    transaction.on_commit(send, robust=True)


def begin(task: str, tenant_id: uuid.UUID) -> None:
    """Say that the waiting task has begun: what is committed from now on needs another."""
    try:
        redis_client().delete(_key(task, tenant_id))
    except (RedisError, OSError):
        return  # it runs out by itself


def _note_waiting(task: str, tenant_id: uuid.UUID) -> bool:
    """Whether a nudge is needed: none waits, or nobody can tell."""
    try:
        return bool(redis_client().set(_key(task, tenant_id), 1, nx=True, ex=WAITING_SECONDS))
    except (RedisError, OSError):
        return True


def _key(task: str, tenant_id: uuid.UUID) -> str:
    return f"nudge:{task}:{tenant_id}"
