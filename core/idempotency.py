"""`Idempotency-Key`: the first answer is committed with its effect and replayed to every repeat for 24 hours."""

import datetime as dt
import hashlib
import re
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from core.models import IdempotencyKey
from core.problems import DomainError, InvalidInput

KEPT = dt.timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_KEPT_HEADERS = ("Location", "ETag")


class KeyReused(DomainError):
    """The key came before with another method, address or body."""

    code = "idempotency_key_reused"
    status = 422
    title = "This idempotency key was used for another request."


class KeyInProgress(DomainError):
    """The first request with this key has not ended yet."""

    code = "idempotency_in_progress"
    status = 409
    title = "The first request with this idempotency key is still running."


class Replay(Exception):
    """Carries the stored answer out of the view."""

    def __init__(self, row: IdempotencyKey) -> None:
        super().__init__("replayed")
        self.row = row


def _fingerprint(request: Request) -> str:
    """Hash of method, path and body; uploads by the content of their files, not their multipart framing."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if (request.content_type or "").startswith("multipart/"):
        for name in sorted(request.POST):
            digest.update(f"{name}={request.POST.getlist(name)}\n".encode())
        for name in sorted(request.FILES):
            digest.update(name.encode())
            for chunk in request.FILES[name].chunks():
                digest.update(chunk)
            request.FILES[name].seek(0)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


def begin(request: Request, principal: str) -> "Attempt | None":
    """Insert the key inside the request's transaction; raise Replay for a repeat. None when there is no key.

    A twin that comes at the same moment waits on the unique index for up to 2 s.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method != "POST":
        return None
    if not _KEY.fullmatch(key):
        raise InvalidInput("Idempotency-Key takes 1 to 255 printable ASCII characters.", field="Idempotency-Key")
    fingerprint = _fingerprint(request)
    row = IdempotencyKey(principal=principal, key=key, fingerprint=fingerprint)
    if not _insert(row):
        _replay_or_refuse(principal, key, fingerprint)
        row = IdempotencyKey.objects.get(principal=principal, key=key)
    return Attempt(row)


def _insert(row: IdempotencyKey) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '2s', true)")
        try:
            cursor.execute(
                "INSERT INTO core_idempotencykey"
                " (id, tenant_id, principal, key, fingerprint, status, content_type, headers, body)"
                " VALUES (%s, %s, %s, %s, %s, 0, '', '{}', '') ON CONFLICT DO NOTHING",
                [row.id, row.tenant_id, row.principal, row.key, row.fingerprint],
            )
        except OperationalError:
            raise KeyInProgress from None
        return bool(cursor.rowcount == 1)


def _replay_or_refuse(principal: str, key: str, fingerprint: str) -> None:
    row = IdempotencyKey.objects.select_for_update().get(principal=principal, key=key)
    if row.created_at < timezone.now() - KEPT:
        IdempotencyKey.objects.filter(pk=row.pk).update(fingerprint=fingerprint, status=0, created_at=timezone.now())
        return
    if row.fingerprint != fingerprint:
        raise KeyReused
    raise Replay(row)


class Attempt:
    """A first use of a key: keeps the answer, or gives the key back when the answer must not be kept."""

    def __init__(self, row: IdempotencyKey) -> None:
        self.row = row
        self.savepoint = transaction.savepoint()

    def undo_effects(self) -> None:
        """After a refusal: drop what the view wrote but keep the transaction (and the key) alive."""
        connection.set_rollback(False)
        transaction.savepoint_rollback(self.savepoint)

    def keep(self, response: Response) -> None:
        """Store the rendered answer."""
        IdempotencyKey.objects.filter(pk=self.row.pk).update(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", ""),
            headers={h: response.headers[h] for h in _KEPT_HEADERS if h in response.headers},
            body=bytes(response.content),
        )


def replayed(row: IdempotencyKey) -> Any:
    """The stored answer as a response."""
    from django.http import HttpResponse

    response = HttpResponse(bytes(row.body), status=row.status, content_type=row.content_type or None)
    for name, value in row.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response
