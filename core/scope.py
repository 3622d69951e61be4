"""The tenant in whose name code runs: one context variable, mirrored into PostgreSQL's `app.tenant`.

Row-level security reads `app.tenant`, which lives for one transaction. The database backend in
`core.postgres` sets it whenever a transaction begins while a scope is open, so a pooled connection never
carries it over to someone else.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, transaction

_tenant: ContextVar[uuid.UUID | None] = ContextVar("tenant", default=None)


class NoTenantScope(RuntimeError):
    """Tenant data was touched while no tenant scope was open."""


def open_tenant_id() -> uuid.UUID | None:
    """Return the tenant of the open scope, or None."""
    return _tenant.get()


def current_tenant_id() -> uuid.UUID:
    """Return the tenant of the open scope; raise NoTenantScope when there is none."""
    tenant_id = _tenant.get()
    if tenant_id is None:
        raise NoTenantScope("Open a tenant scope first: `with tenant_scope(tenant_id): …`.")
    return tenant_id


def apply_to(db: Any, *, even_if_none: bool = False) -> None:
    """Write the open scope into the transaction that `db` (a database wrapper) is in."""
    tenant_id = _tenant.get()
    if tenant_id is None and not even_if_none:
        return
    with db.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id or "")])


def activate(tenant_id: uuid.UUID | None) -> None:
    """Enter a tenant for the rest of the current request; the middleware closes it."""
    if _tenant.get() == tenant_id:
        return
    _tenant.set(tenant_id)
    if connection.in_atomic_block and not connection.needs_rollback:
        apply_to(connection, even_if_none=True)


@contextmanager
def tenant_context(tenant_id: uuid.UUID | None) -> Iterator[None]:
    """Work for a tenant without opening a transaction: each `transaction.atomic()` inside carries the tenant.

    For work that must not hold a transaction throughout, such as calls to providers. Queries outside
    a transaction see no tenant rows.
    """
    before = _tenant.get()
    activate(tenant_id)
    try:
        yield
    finally:
        activate(before)


@contextmanager
def tenant_scope(tenant_id: uuid.UUID) -> Iterator[None]:
    """Work for a tenant inside one transaction (the running one, if there is one)."""
    with tenant_context(tenant_id):
        if connection.in_atomic_block:
            yield
        else:
            with transaction.atomic():
                yield
