"""The token that lets a visitor change what they sent, for three days, without an account."""

import uuid

from django.core import signing

from core.problems import NotFound

LIFE_SECONDS = 72 * 3600
_SALT = "leads.edit_token"


def issue(*, tenant_id: uuid.UUID, lead_id: uuid.UUID) -> str:
    """A signed token for one lead."""
    return signing.dumps([tenant_id.hex, lead_id.hex], salt=_SALT)


def read(token: str) -> tuple[uuid.UUID, uuid.UUID]:
    """(tenant, lead) of a token; raises NotFound when it is altered or expired."""
    try:
        tenant, lead = signing.loads(token[:500], salt=_SALT, max_age=LIFE_SECONDS)
        return uuid.UUID(tenant), uuid.UUID(lead)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound("This link has expired or was altered.") from None
