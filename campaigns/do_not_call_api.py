"""The do-not-call list over the API."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsManager, ReadForAgentsWriteForManagers
from campaigns import selectors, suppressions
from campaigns.filters import SuppressionFilters
from campaigns.models import Suppression
from campaigns.serializers import CountsField, SuppressionSerializer
from campaigns.suppression_files import import_list
from core.api import ApiMixin, ListApi
from core.serializers import StrictSerializer


class ListFileSerializer(StrictSerializer):
    """A file of numbers."""

    file = serializers.FileField(max_length=300)
    national = serializers.BooleanField(required=False, default=False)
    register = serializers.CharField(
        required=False, allow_blank=True, max_length=60, help_text="Its name; a new edition replaces the former one."
    )
    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=300)


class ListImportSerializer(serializers.Serializer[Any]):
    """What became of a file's numbers; a long list goes on in the background (see `/contacts/imports/{id}`)."""

    id = serializers.UUIDField()
    status = serializers.CharField()
    added = serializers.IntegerField()
    skipped = serializers.IntegerField()
    refused = serializers.IntegerField()
    reasons = CountsField()
    samples = serializers.ListField(child=serializers.DictField())


class SuppressionApi(ListApi):
    """Numbers that must not be called."""

    permission_classes = (ReadForAgentsWriteForManagers,)
    serializer_class = SuppressionSerializer
    filterset_class = SuppressionFilters
    ordering_fields = ("created_at", "updated_at", "phone_number")
    http_method_names = ("get", "post", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[Suppression]:
        return Suppression.objects.order_by("-created_at", "-id")

    @extend_schema(responses={200: SuppressionSerializer, 201: SuppressionSerializer})
    def create(self, request: Request) -> Response:
        """List a number, everywhere or in one campaign; a number that is listed already answers 200."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        body = dict(serializer.validated_data)
        campaign_id = body.pop("campaign_id", None)
        entry, is_new = suppressions.suppress_number(
            actor=self.actor,
            phone_number=suppressions.read_number(body.pop("phone_number")),
            campaign=selectors.get_campaign(campaign_id) if campaign_id else None,
            **body,
        )
        return self.answer(entry, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Take a number off the list; leads it closed stay closed."""
        suppressions.remove_suppression(actor=self.actor, suppression=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SuppressionImportApi(ApiMixin):
    """A whole list at once."""

    permission_classes = (IsManager,)
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": ListFileSerializer},
        responses={200: ListImportSerializer, 202: ListImportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add every number of a file; `national` marks a public register, which must be renewed every 31 days."""
        body = ListFileSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        became = import_list(actor=self.actor, **body.validated_data)
        code = status.HTTP_200_OK if became["status"] == "completed" else status.HTTP_202_ACCEPTED
        return Response(ListImportSerializer(became).data, status=code)
