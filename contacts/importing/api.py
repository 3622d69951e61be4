"""Imports over the API."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsManager
from contacts.importing import services
from contacts.importing.engine import rows_of
from contacts.importing.serializers import ImportSerializer, UploadSerializer
from contacts.models import Import
from contacts.serializers import EmptySerializer
from contacts.streaming import CsvRenderer, csv_response, in_batches
from core.api import ListApi
from core.parsing import JsonRenderer
from core.problems import InvalidInput


def refused_rows(job: Import) -> Iterator[list[Any]]:
    """The refused rows with line and reason, ready to be mended and imported again."""
    yield [*services.ERROR_COLUMNS, *job.options["file"]["header"]]
    for row in in_batches(rows_of(job, "failed"), key="line"):
        yield [row.line, row.reason, row.code, *(row.cells or [])]


class ImportApi(ListApi):
    """Imports of one kind of record."""

    kind = "contacts"
    permission_classes = (IsManager,)
    serializer_class = ImportSerializer
    ordering_fields = ("created_at",)

    def get_queryset(self) -> QuerySet[Import]:
        return Import.objects.filter(kind=self.kind).order_by("-created_at", "-id")  # type: ignore[no-any-return]

    def _answer(self, job: Import) -> Response:
        return Response(self.get_serializer(job).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=EmptySerializer, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"], url_path="undo")
    def undo(self, request: Request, **kwargs: Any) -> Response:
        """Take back what the import made and changed, except what someone has worked with since."""
        return self._answer(services.undo_import(actor=self.actor, job=self.get_object()))

    @extend_schema(request=EmptySerializer, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"], url_path="cancel")
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """Stop the import where it is."""
        return self._answer(services.cancel_import(actor=self.actor, job=self.get_object()))

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    @action(detail=True, methods=["get"], url_path="errors", renderer_classes=(JsonRenderer, CsvRenderer))
    def errors(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The refused rows as CSV: line, reason, and the row's own cells."""
        job = self.get_object()
        return csv_response(lambda: refused_rows(job), name=f"refused-{job.pk}.csv")


class UploadApi(ListApi):
    """`POST …/import`: upload and start in one call."""

    kind = "contacts"
    permission_classes = (IsManager,)
    parser_classes = (MultiPartParser,)
    serializer_class = ImportSerializer

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={202: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Import a CSV, TSV or XLSX file in the background."""
        sent: Any = request.data
        if "file" not in sent:
            raise InvalidInput("A file is needed.", field="file", field_code="required")
        form = UploadSerializer(data=sent.dict())
        form.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(form.validated_data)
        job = services.import_file(actor=self.actor, upload=values.pop("file"), kind=self.kind, **values)
        return Response(ImportSerializer(job).data, status=status.HTTP_202_ACCEPTED)
