"""The signed links by which a connector answers without signing in."""

import uuid

from django.conf import settings
from django.core import signing

from core.problems import NotFound
from network.models import Introduction

_SALT = "network.introduction"
KEPT_SECONDS = 30 * 24 * 3600


def token_of(introduction: Introduction) -> str:
    """A token that names the introduction and its workspace and cannot be made up."""
    ids = uuid.UUID(str(introduction.tenant_id)).hex + introduction.pk.hex
    return signing.dumps(ids, salt=_SALT)


def link(introduction: Introduction) -> str:
    """The address of the page on which the connector answers."""
    return f"{settings.PUBLIC_BASE_URL.rstrip('/')}/i/{token_of(introduction)}"


def read_token(token: str) -> tuple[uuid.UUID, uuid.UUID]:
    """(tenant, introduction) of a token; raises NotFound for one that is forged or older than thirty days."""
    try:
        ids = signing.loads(token, salt=_SALT, max_age=KEPT_SECONDS)
        return uuid.UUID(ids[:32]), uuid.UUID(ids[32:])
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound("This link is not valid any more.") from None
