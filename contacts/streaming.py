"""Long answers in pieces: memory stays flat, the first bytes leave at once, the tenant stays open."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

from core.parsing import JsonRenderer
from core.scope import current_tenant_id, tenant_scope
from core.tabular import csv_bytes, write_workbook
from core.tabular.writing import BOM

ROWS = 2000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class XlsxRenderer(BaseRenderer):
    """Lets a client ask for a workbook; refusals still come as JSON."""

    media_type = XLSX
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


def file_response(rows: Callable[[], Iterator[Sequence[Any]]], *, name: str, format: str) -> HttpResponseBase:
    """A header and rows as a download: CSV streamed, or with the format `xlsx` a workbook written row by row."""
    if format != "xlsx":
        return csv_response(rows, name=f"{name}.csv")
    file = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 - closed, and so removed, with the response
    table = rows()
    write_workbook(Path(file.name), next(table), table)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
