"""Contacts over the API."""

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import IsManager
from contacts import bulk, exporting, merging, search, services
from contacts.filters import ContactFilters
from contacts.models import Contact, Merge
from contacts.pagination import RankedPages
from contacts.querysets import ContactQuerySet
from contacts.serializers import (
    BulkActionSerializer,
    BulkSerializer,
    ContactSerializer,
    EmptySerializer,
    EventSerializer,
    FoundContactSerializer,
    MergedSerializer,
    MergeSerializer,
)
from contacts.streaming import CsvRenderer, XlsxRenderer
from contacts.timeline import timeline_of
from contacts.values import DEFAULTS
from core.api import ListApi
from core.filtering import BadParameter, check_parameters
from core.parsing import JsonRenderer

MOST_EVENTS = 500
_ACTIVITY = OpenApiParameter("is_active", str, enum=["true", "false", "all"])


def merged_answer(merge: Merge) -> Response:
    """A merge with the contact it kept."""
    contact = Contact.objects.get(pk=merge.kept_id)
    return Response({"merge_id": merge.pk, "contact": ContactSerializer(contact).data})


class ContactApi(ListApi):
    """Contacts."""

    serializer_class = ContactSerializer
    filterset_class = ContactFilters
    ordering_fields = ("created_at", "updated_at", "first_name", "last_name", "email", "company", "status")

    @property
    def extra_parameters(self) -> tuple[str, ...]:
        """Query parameters beside the filters."""
        return {"retrieve": ("is_active",), "destroy": ("purge",), "export": ("format",)}.get(self.action, ())

    @property
    def filter_always(self) -> bool:
        """The export takes the list's filters."""
        return self.action == "export"

    def get_queryset(self) -> ContactQuerySet:
        rows: ContactQuerySet = Contact.objects.order_by("-created_at", "-id")
        everything = self.action in ("list", "restore", "timeline") or self.request.query_params.get("purge") == "true"
        if self.action == "retrieve":
            activity = self._choice("is_active", ("true", "false", "all"), "true")
            return {"true": rows.active(), "false": rows.deleted(), "all": rows}[activity]
        return rows if everything else rows.active()

    def _choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.request.query_params.get(name, default)
        if value not in allowed:
            raise BadParameter(f"{name} is one of {', '.join(allowed)}.", "invalid")
        return value

    def _body(self, instance: Contact | None = None, *, partial: bool = False) -> dict[str, Any]:
        serializer = ContactSerializer(
            instance, data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @extend_schema(
        parameters=[OpenApiParameter("on_conflict", str, enum=["error", "return", "update"])],
        responses={201: ContactSerializer, 200: ContactSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a contact; a known email answers 409, or the existing contact when `on_conflict` says so."""
        check_parameters(request, ("on_conflict",))
        on_conflict = self._choice("on_conflict", ("error", "return", "update"), "error")
        contact, made = services.add_contact(actor=self.actor, on_conflict=on_conflict, **self._body())
        return self.versioned(contact, status.HTTP_201_CREATED if made else status.HTTP_200_OK)

    @extend_schema(parameters=[_ACTIVITY])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One contact; one in the trash only with `is_active=all` or `false`."""
        return super().retrieve(request, *args, **kwargs)

    def update(self, request: Request, **kwargs: Any) -> Response:
        """Replace a contact: fields left out are emptied."""
        contact = self.get_object()
        values: Any = {**DEFAULTS, **self._body(contact)}
        return self.versioned(services.update_contact(actor=self.actor, contact=contact, **values))

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change the given fields."""
        contact = self.get_object()
        values: Any = self._body(contact, partial=True)
        return self.versioned(services.update_contact(actor=self.actor, contact=contact, **values))

    @extend_schema(parameters=[OpenApiParameter("purge", bool)], responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Put a contact into the trash; with `purge=true` (admin) erase it for good."""
        purge = self._choice("purge", ("true", "false"), "false") == "true"
        remove = services.purge_contact if purge else services.delete_contact
        remove(actor=self.actor, contact=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=EmptySerializer, responses=ContactSerializer)
    @action(detail=True, methods=["post"], url_path="restore")
    def restore(self, request: Request, **kwargs: Any) -> Response:
        """Take a contact out of the trash; 409 when its email was taken meanwhile."""
        return self.versioned(services.restore_contact(actor=self.actor, contact=self.get_object()))

    @extend_schema(
        parameters=[OpenApiParameter("format", str, enum=["csv", "xlsx"])],
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, XlsxRenderer.media_type): OpenApiTypes.BINARY},
    )
    @action(
        detail=False,
        methods=["get"],
        url_path="export",
        permission_classes=(IsManager,),
        renderer_classes=(JsonRenderer, CsvRenderer, XlsxRenderer),
        pagination_class=None,
    )
    def export(self, request: Request) -> HttpResponseBase:
        """The filtered list as a file."""
        rows = self.filter_queryset(Contact.objects.all())
        wanted = request.query_params.get("format", "csv")
        return exporting.export_contacts(actor=self.actor, queryset=rows, format=wanted)

    @extend_schema(request=BulkSerializer, responses={200: BulkActionSerializer, 202: BulkActionSerializer})
    @action(detail=False, methods=["post"], url_path="bulk")
    def bulk(self, request: Request) -> Response:
        """One act on many contacts; above 1,000 it goes on in the background."""
        form = BulkSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        body: dict[str, Any] = dict(form.validated_data)
        act = bulk.bulk_change(actor=self.actor, filters=body.pop("filter", None), **body)
        return Response(BulkActionSerializer(act).data, status=202 if act.status == "running" else 200)

    @extend_schema(request=MergeSerializer, responses=MergedSerializer)
    @action(detail=True, methods=["post"], url_path="merge")
    def merge(self, request: Request, **kwargs: Any) -> Response:
        """Merge another contact into this one; everything that hangs on it moves here."""
        form = MergeSerializer(data=request.data)
        contact = self.get_object()
        form.is_valid(raise_exception=True)
        done = merging.merge_contacts(actor=self.actor, contact=contact, **form.validated_data)
        return merged_answer(done)

    @extend_schema(
        parameters=[OpenApiParameter("before", OpenApiTypes.DATETIME), OpenApiParameter("kind", str)],
        responses=EventSerializer(many=True),
    )
    @action(detail=True, methods=["get"], url_path="timeline")
    def timeline(self, request: Request, **kwargs: Any) -> Response:
        """Everything that happened to a contact, newest first."""
        contact = self.get_object()
        pages = RankedPages()
        part = pages.paginate_ranking(timeline_of(contact, most=MOST_EVENTS), request, f"timeline:{contact.pk}")
        return pages.get_paginated_response(EventSerializer(part, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("q", {"type": "string", "minLength": 1, "maxLength": 500}, required=True)],
        responses=OpenApiResponse(FoundContactSerializer(many=True)),
        filters=False,
    )
    @action(detail=False, methods=["get"], url_path="search", serializer_class=FoundContactSerializer)
    def search(self, request: Request) -> Response:
        """Ranked search: words, prefixes, misspellings, any four digits of a phone number in a row.

        The best 500 at most; `total_is_exact` says whether they are all. The list with `search` walks every match.
        """
        check_parameters(request, ("q",))
        query = request.query_params.get("q", "").strip()
        if not query:
            raise BadParameter("q is what to look for.", "required")
        pages = RankedPages()
        found = search.find(query, start=pages.start_of(request, query), size=pages.size)
        pages.place(found.total, exact=found.exact)
        return pages.get_paginated_response(self.get_serializer(found.hits, many=True).data)
