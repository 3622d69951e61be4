"""The demo workspace: one business with people, contacts, leads and campaigns, made once."""

import importlib
import importlib.util
from collections.abc import Iterator

from django.utils import timezone

from accounts import services
from accounts.lookups import find_user_by_email
from accounts.models import Role, Tenant, User
from core.scope import tenant_scope

PASSWORD = "switchboard"  # noqa: S105 - the demo's, printed at every start
LOGINS = [
    (Role.ADMIN.value, "admin@northwind.example", PASSWORD),
    (Role.MANAGER.value, "manager@northwind.example", PASSWORD),
    (Role.AGENT.value, "agent@northwind.example", PASSWORD),
]
NAMES = {Role.ADMIN: "Alex Morgan", Role.MANAGER: "Maya Chen", Role.AGENT: "Sam Rivera"}
ROOMS = ("contacts", "network", "leads", "notes", "enrichment", "campaigns", "calls")


def exists() -> bool:
    """Whether the demo was loaded before (it is never loaded twice, even when emptied)."""
    return find_user_by_email(LOGINS[0][1]) is not None


def load() -> Iterator[str]:
    """Make the demo workspace in one transaction; yields what was made, room by room."""
    made = services.create_workspace(
        name="Northwind", email=LOGINS[0][1], password=PASSWORD, minutes=20_000, credits=2_000
    )
    with tenant_scope(services.find_tenant(made["tenant_id"])):
        tenant = Tenant.objects.get()
        Tenant.objects.update(is_demo=True, auto_enrich=True, notification_emails=["team@northwind.example"])
        User.objects.filter(pk=made["user_id"]).update(name=NAMES[Role.ADMIN])
        for role, email, password in LOGINS[1:]:
            services.create_user(email=email, name=NAMES[Role(role)], role=role, password=password)
        users = {user.role: user for user in User.objects.all()}
        for room in ROOMS:
            if importlib.util.find_spec(f"{room}.demo"):
                importlib.import_module(f"{room}.demo").load_demo(tenant=tenant, users=users, now=timezone.now())
                yield room
