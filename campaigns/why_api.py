"""The why-log over the API: every decision about a number, exportable as proof."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from accounts import audit
from accounts.permissions import require_role
from campaigns.filters import WhyFilters
from campaigns.models import WhyEntry
from core.api import ListApi
from core.parsing import utc_text
from core.serializers import RecordSerializer
from core.tabular import csv_bytes

HEADER = ("at", "phone_number", "campaign", "allowed", "rule", "value", "contact_id")
_MOST = 100_000


class WhySerializer(RecordSerializer):
    """One decision."""

    campaign_id = serializers.UUIDField(read_only=True)
    contact_id = serializers.UUIDField(read_only=True)
    campaign_lead_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = WhyEntry
        fields = (
            "id",
            "at",
            "phone_number",
            "rule",
            "allowed",
            "value",
            "campaign_id",
            "campaign_lead_id",
            "contact_id",
        )
        read_only_fields = fields


class WhyApi(ListApi):
    """Why numbers were, or were not, called."""

    serializer_class = WhySerializer
    filterset_class = WhyFilters
    ordering_fields = ("at",)
    filter_always = True
    http_method_names = ("get", "head", "options")

    def get_queryset(self) -> QuerySet[WhyEntry]:
        return WhyEntry.objects.order_by("-at", "-id")  # type: ignore[no-any-return]

    @extend_schema(responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, description="A CSV file.")})
    @action(detail=False, methods=["get"], url_path="export", pagination_class=None)
    def export(self, request: Request) -> Any:
        """The same as a CSV file, as proof for one number or all (managers)."""
        require_role(self.actor, "manager")
        rows = self.filter_queryset(self.get_queryset()).select_related("campaign")[:_MOST]
        audit.record(actor=self.actor, action="why_log.exported")
        body = csv_bytes(export_rows(rows))
        response = StreamingHttpResponse(iter([body]), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="why-log.csv"'
        return response


def export_rows(rows: Any) -> Iterator[tuple[object, ...]]:
    """Header and lines of the export."""
    yield HEADER
    for row in rows:
        campaign = row.campaign.name if row.campaign else ""
        yield utc_text(row.at), row.phone_number, campaign, row.allowed, row.rule, row.value, row.contact_id or ""
