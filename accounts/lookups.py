"""The few look-ups that come before a tenant is known, through SECURITY DEFINER functions.

Each returns ids only; the caller then enters the tenant's scope and reads the rows under row-level security.
"""

import uuid
from typing import Any

from django.db import connection


def _pair(sql: str, *params: Any) -> tuple[uuid.UUID, uuid.UUID] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return (row[0], row[1]) if row and row[0] else None


def find_user_by_email(email: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """(tenant, user) of a sign-in email, or None."""
    return _pair("SELECT tenant_id, user_id FROM find_user_by_email(%s)", email.strip()[:254])


def find_user(user_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID] | None:
    """(tenant, user) of a user id, or None."""
    return _pair("SELECT tenant_id, user_id FROM find_user(%s)", user_id)


def find_api_key(prefix: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """(tenant, key) of an API key's prefix, or None."""
    return _pair("SELECT tenant_id, key_id FROM find_api_key(%s)", prefix)


def find_tenant_by_form_key(form_key: str) -> uuid.UUID | None:
    """The tenant whose public form has this key, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT find_tenant_by_form_key(%s)", [form_key[:64]])
        row = cursor.fetchone()
    return row[0] if row else None


def tenant_ids() -> list[uuid.UUID]:
    """Every tenant, for periodic work that then enters each scope."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT all_tenant_ids()")
        return [tenant_id for (tenant_id,) in cursor.fetchall()]
