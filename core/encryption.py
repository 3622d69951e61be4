"""Secrets at rest: texts encrypted with Fernet keys from FIELD_ENCRYPTION_KEYS (first encrypts, all decrypt).

Without such keys one is derived from SECRET_KEY, which is right for a single machine.
"""

import base64
import hashlib
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@cache
def _cipher() -> MultiFernet:
    keys = list(settings.FIELD_ENCRYPTION_KEYS)
    if not keys:
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        keys = [base64.urlsafe_b64encode(hashlib.sha256(f"fields:{s}".encode()).digest()).decode() for s in secrets]
    return MultiFernet([Fernet(k) for k in keys])


def encrypt(text: str) -> str:
    """Encrypt a text; an empty one stays empty."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """Decrypt what `encrypt` made; raises ValueError when no key fits."""
    try:
        return _cipher().decrypt(token.encode()).decode() if token else ""
    except InvalidToken:
        raise ValueError("This secret was encrypted with a key that is not configured any more.") from None


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A text that is encrypted in the database and plain in Python."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Decrypt on the way in."""
        return None if value is None else decrypt(value)

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way out."""
        return encrypt(value) if isinstance(value, str) else value
