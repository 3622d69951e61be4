"""Long answers in pieces: memory stays flat, the first bytes leave at once, the tenant stays open."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from core.parsing import JsonRenderer
from core.scope import current_tenant_id, tenant_scope
from core.tabular import csv_bytes
from core.tabular.writing import BOM

ROWS = 2000


class XlsxRenderer(BaseRenderer):
    """Lets a client ask for a workbook; refusals still come as JSON."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return JsonRenderer().render(data)


class CsvRenderer(BaseRenderer):
    """Lets a client ask for text/csv; refusals still come as JSON."""

    media_type = "text/csv"
    format = "csv"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return JsonRenderer().render(data)


def in_batches(queryset: QuerySet[Any], *, key: str) -> Iterator[Any]:
    """The rows in order of a unique key, some thousand a query and never all at once."""
    last: Any = None
    while True:
        rows = queryset.order_by(key)
        batch = list((rows.filter(**{f"{key}__gt": last}) if last is not None else rows)[:ROWS])
        yield from batch
        if len(batch) < ROWS:
            return
        last = getattr(batch[-1], key)


def csv_response(rows: Callable[[], Iterator[Sequence[Any]]], *, name: str) -> StreamingHttpResponse:
    """Stream rows as a CSV download. The transaction of the request is over by then: each piece has its own."""
    tenant_id = current_tenant_id()

    async def pieces() -> AsyncIterator[bytes]:
        source = rows()

        def piece() -> bytes:
            with tenant_scope(tenant_id):
                return csv_bytes(islice(source, ROWS))

        yield BOM
        while data := await sync_to_async(piece)():
            yield data

    response = StreamingHttpResponse(pieces(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
