"""Calls over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from calls import dispositions, selectors
from calls.filters import CallFilter
from calls.models import Call
from calls.ranges import audio_response
from calls.serializers import CallDetailSerializer, CallSerializer, DispositionSerializer
from core.api import ApiMixin, ListApi
from core.filtering import check_parameters
from core.problems import NotFound


class WhateverIsAccepted(BaseContentNegotiation):
    """For answers that are not JSON: sound and plain text are sent whatever the client says it accepts."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class CallApi(ListApi):
    """Calls, newest first."""

    serializer_class = CallSerializer
    filterset_class = CallFilter
    ordering_fields = ("created_at", "updated_at", "started_at", "ended_at", "duration_seconds")
    http_method_names = ("get", "post", "head", "options")

    def get_queryset(self) -> QuerySet[Call]:
        calls: QuerySet[Call] = selectors.call_list()
        return calls if self.action == "list" else calls.select_related("conversation")

    def get_serializer_class(self) -> Any:
        return CallDetailSerializer if self.action in ("retrieve", "disposition") else CallSerializer

    @extend_schema(responses=CallDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One call, with what was said."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(responses={(200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, description="One turn a line.")})
    @action(detail=True, methods=["get"], url_path="transcript", content_negotiation_class=WhateverIsAccepted)
    def transcript(self, request: Request, **kwargs: Any) -> HttpResponse:
        """What was said, as text."""
        conversation = getattr(self.get_object(), "conversation", None)
        if conversation is None:
            raise NotFound("Nothing was said in this call.")
        return HttpResponse(conversation.transcript, content_type="text/plain; charset=utf-8")

    @extend_schema(request=DispositionSerializer, responses={200: CallDetailSerializer})
    @action(detail=True, methods=["post"], url_path="disposition")
    def disposition(self, request: Request, **kwargs: Any) -> Response:
        """Say what came of a call; `do_not_call` closes the number in every campaign at once."""
        call = self.get_object()
        body = DispositionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        dispositions.set_disposition(actor=self.actor, call=call, **body.validated_data)
        return self.versioned(selectors.get_call(self.actor, call.pk))


class RecordingView(ApiMixin):
    """The sound of a call."""

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="`bytes=0-1023`")],
        responses={
            (200, "audio/wav"): OpenApiResponse(OpenApiTypes.BINARY, description="The whole recording."),
            (200, "audio/mpeg"): OpenApiResponse(OpenApiTypes.BINARY, description="The same, as the network made it."),
            (206, "audio/wav"): OpenApiResponse(OpenApiTypes.BINARY, description="The part asked for."),
            416: OpenApiResponse(description="No such part."),
        },
    )
    def get(self, request: Request, recording_id: str) -> Any:
        """Hear a recording, whole or in part."""
        check_parameters(request, ())
        recording = selectors.get_recording(self.actor, recording_id)
        return audio_response(recording, request.headers.get("Range", ""))
