"""What every API view shares: idempotent POSTs, versions on single records, `?fields=`."""

import hashlib
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import idempotency
from core.problems import Precondition


def etag_of(record: Any) -> str:
    """The version of a record: its key and the time of its last change."""
    raw = f"{record.pk}:{record.updated_at.isoformat()}".encode()
    return f'"{hashlib.sha256(raw).hexdigest()[:32]}"'


def check_if_match(request: Any, record: Any) -> None:
    """Raise Precondition when If-Match names another version than the record's."""
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted or wanted == "*":
        return
    if etag_of(record) not in [tag.strip().removeprefix("W/") for tag in wanted.split(",")]:
        raise Precondition


class ApiMixin(APIView):
    """Base of every API view."""

    _attempt: idempotency.Attempt | None = None
    idempotent = True
    atomic = True

    @property
    def actor(self) -> Any:
        """Who calls: a User or a KeyActor, authenticated by the time a handler runs."""
        return self.request.user

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        principal = getattr(request.user, "id", None)
        if self.idempotent and principal:
            self._attempt = idempotency.begin(request, str(principal))

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, idempotency.Replay):
            return idempotency.replayed(exc.row)
        response = super().handle_exception(exc)
        attempt, self._attempt = self._attempt, None
        if attempt and response.status_code < 500 and response.status_code != 429:
            attempt.undo_effects()
            self._attempt = attempt
        return response

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._attempt and isinstance(response, Response) and not getattr(response, "streaming", False):
            attempt, self._attempt = self._attempt, None
            response.render()
            attempt.keep(response)
        return response


class RecordApi(ApiMixin, viewsets.GenericViewSet[Any]):
    """A viewset over one model. Subclasses name `queryset_for(actor)`, serializer and service calls."""

    lookup_value_regex = "[0-9a-fA-F-]{36}"

    def get_object(self) -> Any:
        """The record, or 404; locked and checked against If-Match when it is about to change."""
        if self.request.method in ("PUT", "PATCH", "DELETE") and connection.in_atomic_block:
            record = super().get_object()
            fresh = type(record)._base_manager.select_for_update(of=("self",)).filter(pk=record.pk)
            locked = fresh.values_list("updated_at", flat=True).first()
            if locked and hasattr(record, "updated_at") and locked != record.updated_at:
                record.refresh_from_db()
            check_if_match(self.request, record)
            return record
        return super().get_object()

    def answer(self, record: Model, status: int = 200) -> Response:
        """Serialize one record as it now stands in the database, with its version."""
        record.refresh_from_db()
        return self.versioned(record, status)

    def versioned(self, record: Any, status: int = 200) -> Response:
        """Serialize one record with its ETag."""
        response = Response(self.get_serializer(record).data, status=status)
        response["ETag"] = etag_of(record)
        return response

    def save_in_savepoint(self, serializer: Any) -> Any:
        """Save so that a constraint that refuses leaves the transaction usable."""
        with transaction.atomic():
            return serializer.save()


class ListApi(RecordApi, mixins.ListModelMixin):
    """List and read of a record, with filters, ordering, pages and versions."""

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """The serializer, with `?fields=` checked also for an empty list."""
        serializer = super().get_serializer(*args, **kwargs)
        if "fields" in self.request.query_params:
            _ = getattr(serializer, "child", serializer).fields  # type: ignore[union-attr]
        return serializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.versioned(self.get_object())
