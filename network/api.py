"""Ties, introductions along them, paths and networks over the API."""

import uuid
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiMixin, ListApi
from core.filtering import BadParameter, check_parameters
from core.problems import NotFound
from network import introductions, presentation, ties
from network.filters import IntroductionFilter, RelationshipFilter
from network.graph import MAX_HOPS, find_paths
from network.models import Introduction, Relationship
from network.neighbourhood import network_of
from network.serializers import (
    IntroductionSerializer,
    NetworkSerializer,
    OutcomeSerializer,
    PathsSerializer,
    RelationshipEditSerializer,
    RelationshipSerializer,
)

MOST_ALTERNATIVES = 10
MOST_NODES = 5_000


def whole_number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number from the query; anything else, or one out of range, is refused."""
    raw = request.query_params.get(name, str(default))
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 9 and least <= int(raw) <= most):
        raise BadParameter(f"{name} is a whole number from {least} to {most}.", "out_of_range")
    return int(raw)


def _contact_id(request: Request, name: str) -> uuid.UUID:
    raw = request.query_params.get(name)
    if not raw:
        raise BadParameter(f"{name} is the id of a contact.", "required")
    try:
        return uuid.UUID(raw)
    except ValueError:
        raise BadParameter(f"{name} is not an id.", "invalid") from None


def _number_parameter(name: str, default: int, least: int, most: int) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return OpenApiParameter(name, schema)


class RelationshipApi(ListApi):
    """Ties between contacts."""

    serializer_class = RelationshipSerializer
    filterset_class = RelationshipFilter
    ordering_fields = ("created_at", "updated_at", "strength")
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[Relationship]:
        rows: QuerySet[Relationship] = Relationship.objects.order_by("-created_at", "-id")
        return rows

    def create(self, request: Request) -> Response:
        """Tie two contacts; to itself answers 400, twice 409 with `existing_id`."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self.answer(ties.create_relationship(**body.validated_data), status.HTTP_201_CREATED)

    @extend_schema(request=RelationshipEditSerializer, responses=RelationshipSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change strength or direction."""
        tie = self.get_object()
        body = RelationshipEditSerializer(tie, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        return self.answer(ties.update_relationship(relationship=tie, **body.validated_data))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """End a tie."""
        ties.delete_relationship(relationship=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class IntroductionApi(ListApi):
    """Introductions asked of connectors."""

    serializer_class = IntroductionSerializer
    filterset_class = IntroductionFilter
    ordering_fields = ("created_at", "updated_at", "status", "expires_at")
    http_method_names = ("get", "post", "head", "options")

    def get_queryset(self) -> QuerySet[Introduction]:
        rows: QuerySet[Introduction] = Introduction.objects.order_by("-created_at", "-id")
        return rows

    @extend_schema(request=None, responses=IntroductionSerializer)
    @action(detail=True, methods=["post"], url_path="accept")
    def accept(self, request: Request, **kwargs: Any) -> Response:
        """The connector is willing; 409 unless it was only requested."""
        return self.answer(introductions.accept_introduction(introduction=self.get_object()))

    @extend_schema(request=None, responses=IntroductionSerializer)
    @action(detail=True, methods=["post"], url_path="decline")
    def decline(self, request: Request, **kwargs: Any) -> Response:
        """The connector would rather not; 409 unless it was only requested."""
        return self.answer(introductions.decline_introduction(introduction=self.get_object()))

    @extend_schema(request=OutcomeSerializer, responses=IntroductionSerializer)
    @action(detail=True, methods=["post"], url_path="complete")
    def complete(self, request: Request, **kwargs: Any) -> Response:
        """The introduction was made; 409 unless it was accepted."""
        introduction = self.get_object()
        body = OutcomeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        done = introductions.complete_introduction(introduction=introduction, **body.validated_data)
        return self.answer(done)


class IntroduceApi(ListApi):
    """Asking for an introduction."""

    serializer_class = IntroductionSerializer
    http_method_names = ("post", "options")

    def get_queryset(self) -> QuerySet[Introduction]:
        rows: QuerySet[Introduction] = Introduction.objects.all()
        return rows

    @extend_schema(operation_id="graph_introduce", responses={201: IntroductionSerializer})
    def create(self, request: Request) -> Response:
        """Ask a connector to introduce us to someone; the connector gets an email."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = introductions.request_introduction(actor=self.actor, **body.validated_data)
        return self.answer(made, status.HTTP_201_CREATED)


class PathView(ApiMixin):
    """Paths between two contacts."""

    @extend_schema(
        operation_id="graph_path",
        parameters=[
            OpenApiParameter("from", {"type": "string", "format": "uuid"}, required=True),
            OpenApiParameter("to", {"type": "string", "format": "uuid"}, required=True),
            _number_parameter("max_depth", MAX_HOPS, 1, MAX_HOPS),
            _number_parameter("alternatives", 3, 0, MOST_ALTERNATIVES),
        ],
        responses=PathsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Fewest hops first, then the largest product of strengths; `path` is null when nobody connects the two."""
        check_parameters(request, ("from", "to", "max_depth", "alternatives"))
        paths = find_paths(
            from_id=_contact_id(request, "from"),
            to_id=_contact_id(request, "to"),
            max_hops=whole_number(request, "max_depth", MAX_HOPS, 1, MAX_HOPS),
            alternatives=whole_number(request, "alternatives", 3, 0, MOST_ALTERNATIVES),
        )
        shown = presentation.paths(paths)
        return Response({"path": shown[0] if shown else None, "alternatives": shown[1:]})


class NetworkView(ApiMixin):
    """The network around a contact."""

    @extend_schema(
        operation_id="graph_network",
        parameters=[_number_parameter("depth", 2, 1, 3), _number_parameter("limit", 500, 1, MOST_NODES)],
        responses=NetworkSerializer,
    )
    def get(self, request: Request, contact_id: str) -> Response:
        """Near people first, then by strong ties, at most `limit` of them; `truncated` when there were more."""
        check_parameters(request, ("depth", "limit"))
        depth = whole_number(request, "depth", 2, 1, 3)
        limit = whole_number(request, "limit", 500, 1, MOST_NODES)
        try:
            middle = uuid.UUID(contact_id)
        except ValueError:
            raise NotFound("There is no such contact.") from None
        return Response(presentation.network(network_of(contact_id=middle, depth=depth, limit=limit)))
