"""Who acts: a person (User) or a key (KeyActor). Services take either as `actor`."""

import uuid
from typing import Any

from accounts.models import ApiKey, Role, Tenant, User


class KeyActor:
    """An API key acting under its own role; it has no person behind it."""

    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    user_or_none: User | None = None

    def __init__(self, key: ApiKey, tenant: Tenant) -> None:
        self.key = key
        self.id = self.pk = key.pk
        self.role = key.role
        self.name = key.name
        self.email = ""
        self.tenant = tenant
        self.tenant_id: uuid.UUID = tenant.pk

    def __str__(self) -> str:
        return self.name

    def has_role(self, role: str) -> bool:
        """Whether the key may do what `role` may."""
        return Role(self.role).includes(role)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Keys never enter the Django admin."""
        return False


Actor = User | KeyActor
