"""Fixtures for every test: a real database under the product's own role, two workspaces, and clients."""

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.test import TransactionTestCase
from rest_framework.test import APIClient

from core.scope import tenant_context


def _database_name() -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return f"test_{settings.DATABASES['owner']['NAME']}_{worker or 'main'}"


def _migrations_digest() -> str:
    """Changes whenever a migration or the tenant wall changes."""
    files = [
        *sorted(Path(settings.BASE_DIR).glob("*/migrations/*.py")),
        *sorted(Path(settings.BASE_DIR).glob("*/models.py")),
    ]
    digest = hashlib.sha256((Path(settings.BASE_DIR) / "core" / "rls.py").read_bytes())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _make_template(admin: Any, template: str) -> None:
    """Migrate an empty database once; test databases are copies of it."""
    admin.execute("SELECT pg_advisory_lock(7105)")
    try:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            return
        old = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test_template_%'").fetchall()
        for (name,) in old:
            admin.execute(f'DROP DATABASE IF EXISTS "{name}"')
        draft = f"{template}_draft"
        admin.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{draft}"')
        connections["owner"].settings_dict["NAME"] = draft
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections["owner"].close()
        admin.execute(f'ALTER DATABASE "{draft}" RENAME TO "{template}"')
    finally:
        admin.execute("SELECT pg_advisory_unlock(7105)")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Copy the migrated template as the owner, then connect as the product's role."""
    name = _database_name()
    owner = connections["owner"]
    with django_db_blocker.unblock():
        params = owner.get_connection_params()
        params.pop("cursor_factory", None)
        params.pop("context", None)
        params["dbname"] = "postgres"
        template = f"test_template_{_migrations_digest()}"
        with psycopg.connect(**params, autocommit=True) as admin:
            owner.close()
            _make_template(admin, template)
            admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        for alias in ("owner", "default"):
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name
        TransactionTestCase._fixture_teardown = lambda self: _empty_tables({**params, "dbname": name})  # type: ignore[method-assign]
        yield
        for connection in connections.all():
            connection.close()
        with psycopg.connect(**params, autocommit=True) as admin:
            # Waits for sessions on their way out; the owner may not terminate those of the product's role.
            admin.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _empty_tables(params: dict[str, Any]) -> None:
    """Empty every table as the owner: the product's role may not truncate."""
    with psycopg.connect(**params, autocommit=True) as owner:
        rows = owner.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('django_migrations', 'django_content_type')"
        ).fetchall()
        owner.execute("TRUNCATE " + ", ".join(name for (name,) in rows) + " CASCADE")


@pytest.fixture(autouse=True)
def _clean_slate(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test starts with empty caches and limits and with no tenant open."""
    from core.rates import redis_client

    client = redis_client()
    prefixes = [*client.scan_iter("rate:*", count=1000), *client.scan_iter("sb:*", count=1000)]
    if prefixes:
        client.delete(*prefixes)
    with tenant_context(None) if "db" not in request.fixturenames else _nothing():
        yield


class _nothing:  # noqa: N801 - a context manager that does nothing
    def __enter__(self) -> None: ...

    def __exit__(self, *_: Any) -> None: ...


class Workspace:
    """A tenant with one person per role, and ways to call the product as them."""

    def __init__(self, name: str) -> None:
        from accounts.services import create_user, create_workspace

        slug = f"{re.sub('[^a-z]', '', name.lower())}-{uuid.uuid4().hex[:6]}"
        self.made = create_workspace(name=name, email=f"admin@{slug}.test", password="correct-horse")
        self.id = uuid.UUID(self.made["tenant_id"])
        self.form_key = self.made["form_key"]
        self.api_key = self.made["api_key"]
        self.domain = f"{slug}.test"
        with self.scope():
            from accounts.models import User

            self.admin = User.objects.get(pk=self.made["user_id"])
            self.manager = create_user(
                email=f"manager@{slug}.test", name="Mara Manager", role="manager", password="correct-horse"
            )
            self.agent = create_user(
                email=f"agent@{slug}.test", name="Ana Agent", role="agent", password="correct-horse"
            )

    def scope(self) -> Any:
        """Open the workspace."""
        from core.scope import tenant_scope

        return tenant_scope(self.id)

    def api(self, role: str = "agent") -> APIClient:
        """An API client with a bearer token of the person with that role."""
        from accounts.tokens import issue

        client = APIClient()
        with self.scope():
            token = issue(getattr(self, role))["access"]
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    def browser(self, role: str = "agent") -> Any:
        """A Django test client signed in as the person with that role."""
        from django.test import Client

        client = Client()
        answer = client.post("/login", {"username": getattr(self, role).email, "password": "correct-horse"})
        assert answer.status_code == 302, answer.content[:500]
        return client


@pytest.fixture
def workspace(db: None) -> Workspace:
    """The workspace under test."""
    return Workspace("Northwind")


@pytest.fixture
def stranger(db: None) -> Workspace:
    """Another workspace, whose people must never see or change anything of `workspace`."""
    return Workspace("Stranger")


@pytest.fixture
def scoped(workspace: Workspace) -> Iterator[Workspace]:
    """`workspace`, with its scope open for the whole test."""
    with tenant_context(workspace.id):
        yield workspace


@pytest.fixture
def after_commit(django_capture_on_commit_callbacks: Callable[..., Any]) -> Callable[..., Any]:
    """Run what services defer to after the commit: `with after_commit(): …`."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def no_transaction() -> Any:
    """The module that opens transactions, for tests that commit."""
    return transaction


@pytest.fixture
def clear_cache() -> None:
    """Empty the cache of the open scope."""
    cache.clear()
