"""Webhook endpoints over the API, and what became of each delivery."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import webhooks
from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.permissions import IsAdmin
from core.api import ListApi
from core.problems import NotFound
from core.serializers import RecordSerializer


class EndpointSerializer(RecordSerializer):
    """An endpoint; an empty list of events means all of them."""

    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=50)

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id",
            "url",
            "description",
            "events",
            "disabled_at",
            "disabled_reason",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "disabled_at", "disabled_reason", "created_at", "updated_at")


class NewEndpointSerializer(EndpointSerializer):
    """An endpoint at its making: the only time `secret` is shown."""

    class Meta(EndpointSerializer.Meta):
        fields = (*EndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class DeliverySerializer(RecordSerializer):
    """One event on its way to one endpoint."""

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "event",
            "status",
            "attempts",
            "response_status",
            "duration_ms",
            "error",
            "next_attempt_at",
            "delivered_at",
            "created_at",
        )


class WebhookEndpointApi(ListApi):
    """Addresses that are told of events."""

    permission_classes = (IsAdmin,)
    serializer_class = EndpointSerializer
    http_method_names = ("get", "post", "delete", "head", "options")
    ordering_fields = ("created_at",)

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.order_by("-created_at", "-id")  # type: ignore[no-any-return]

    @extend_schema(request=EndpointSerializer, responses={201: NewEndpointSerializer})
    def create(self, request: Request) -> Response:
        """Add an endpoint; the answer is the only place where its secret stands."""
        body = EndpointSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = {"events": [], **body.validated_data}
        endpoint = webhooks.create_endpoint(actor=self.actor, **values)
        return Response(NewEndpointSerializer(endpoint).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Remove an endpoint."""
        webhooks.delete_endpoint(actor=self.actor, endpoint=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookDeliveryApi(ListApi):
    """Deliveries of one endpoint, newest first."""

    permission_classes = (IsAdmin,)
    serializer_class = DeliverySerializer
    ordering_fields = ("created_at",)

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        endpoint_id = self.kwargs["endpoint_id"]
        if not WebhookEndpoint.objects.filter(pk=endpoint_id).exists():
            raise NotFound
        deliveries: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(endpoint_id=endpoint_id)
        return deliveries.order_by("-created_at", "-id")

    @extend_schema(request=None, responses={202: DeliverySerializer})
    def redeliver(self, request: Request, **kwargs: Any) -> Response:
        """Send an event once more."""
        delivery = webhooks.redeliver(delivery=self.get_object())
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)
