"""Where providers report what calls do: no login, only signatures."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.decorators import method_decorator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from calls import webhooks
from core.api import ApiMixin
from core.problems import TooLarge


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class TelephonyWebhook(ApiMixin):
    """Events of a telephony provider."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    idempotent = False
    atomic = False

    @extend_schema(
        auth=[],
        request={"application/json": OpenApiTypes.OBJECT, "application/x-www-form-urlencoded": OpenApiTypes.OBJECT},
        parameters=[
            OpenApiParameter("attempt", str, description="Our id of the call, as in the callback address."),
            OpenApiParameter("token", str, description="The token of that call."),
            OpenApiParameter("account", str, description="The workspace, in an address entered at its provider."),
        ],
        responses={
            200: OpenApiResponse(OpenApiTypes.OBJECT, description="Applied, or known before and without effect."),
            202: OpenApiResponse(OpenApiTypes.OBJECT, description="Stored; no call of ours."),
        },
    )
    def post(self, request: Request, provider: str) -> Response:
        """Report an event, in the provider's own signed form."""
        result = webhooks.receive(
            provider=provider,
            headers=request.headers,
            body=_body(request),
            path=request.get_full_path(),
            attempt=request.query_params.get("attempt", ""),
            token=request.query_params.get("token", ""),
            account=request.query_params.get("account", ""),
        )
        return Response({"result": result}, status=202 if result == "orphan" else 200)


def _body(request: Request) -> bytes:
    """The raw body, read once and never beyond the limit."""
    raw: Any = request._request
    if int(raw.META.get("CONTENT_LENGTH") or 0) > webhooks.MOST_BYTES:
        raise TooLarge("The event is larger than 256 KiB.")
    body: bytes = raw.body
    if len(body) > webhooks.MOST_BYTES:
        raise TooLarge("The event is larger than 256 KiB.")
    return body
