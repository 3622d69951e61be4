"""Duplicates, merges, bulk actions, saved views and custom fields over the API."""

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import require_role
from contacts import bulk, custom_fields, duplicates, merging, views
from contacts.api import merged_answer
from contacts.models import BulkAction, CustomField, DuplicatePair, Merge, SavedView
from contacts.serializers import (
    BulkActionSerializer,
    CustomFieldSerializer,
    DuplicatePairSerializer,
    EmptySerializer,
    MergedSerializer,
    SavedViewSerializer,
)
from core.api import ListApi, RecordApi


class DuplicateApi(ListApi):
    """Pairs of contacts that may be one person."""

    serializer_class = DuplicatePairSerializer
    ordering_fields = ("score",)

    def get_queryset(self) -> QuerySet[DuplicatePair]:
        return duplicates.open_pairs()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The likeliest pairs first."""
        duplicates.bring_up_to_date()
        return super().list(request, *args, **kwargs)

    @extend_schema(request=EmptySerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="dismiss")
    def dismiss(self, request: Request, **kwargs: Any) -> Response:
        """They are two people: do not show the pair again."""
        duplicates.dismiss(actor=self.actor, pair=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MergeApi(RecordApi):
    """Merges."""

    serializer_class = MergedSerializer

    def get_queryset(self) -> QuerySet[Merge]:
        return Merge.objects.all()  # type: ignore[no-any-return]

    @extend_schema(request=EmptySerializer, responses=MergedSerializer)
    @action(detail=True, methods=["post"], url_path="undo")
    def undo(self, request: Request, **kwargs: Any) -> Response:
        """Split the two contacts again."""
        return merged_answer(merging.undo_merge(actor=self.actor, merge=self.get_object()))


class BulkActionApi(RecordApi):
    """Bulk actions."""

    serializer_class = BulkActionSerializer

    def get_queryset(self) -> QuerySet[BulkAction]:
        return BulkAction.objects.all()  # type: ignore[no-any-return]

    @extend_schema(responses=BulkActionSerializer)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """How far a bulk action is."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=EmptySerializer, responses={200: BulkActionSerializer, 202: BulkActionSerializer})
    @action(detail=True, methods=["post"], url_path="undo")
    def undo(self, request: Request, **kwargs: Any) -> Response:
        """Take it back, except where someone changed the same field since; above 1,000 in the background."""
        act = bulk.undo(actor=self.actor, act=self.get_object())
        return Response(self.get_serializer(act).data, status=202 if act.status == "undoing" else 200)


class SavedViewApi(ListApi):
    """Saved views: one's own and the shared ones."""

    serializer_class = SavedViewSerializer
    ordering_fields = ("name", "created_at")
    http_method_names = ("get", "post", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[SavedView]:
        mine = Q(is_shared=True) | Q(owner=self.actor.user_or_none)
        return SavedView.objects.filter(mine).order_by("-created_at", "-id")  # type: ignore[no-any-return]

    def create(self, request: Request) -> Response:
        """Save a view; the same name again replaces it."""
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.versioned(views.save_view(actor=self.actor, **form.validated_data), status.HTTP_201_CREATED)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Remove a view of one's own (managers: any shared one)."""
        views.delete_view(actor=self.actor, view=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class CustomFieldApi(ListApi):
    """Custom fields; admins define them."""

    serializer_class = CustomFieldSerializer
    ordering_fields = ("position", "label", "created_at")
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[CustomField]:
        return CustomField.objects.order_by("position", "id")  # type: ignore[no-any-return]

    def create(self, request: Request) -> Response:
        """Define a field."""
        require_role(self.actor, "admin")
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        body: dict[str, Any] = dict(form.validated_data)
        body.pop("position", None)
        return self.versioned(custom_fields.create_custom_field(actor=self.actor, **body), status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change label, choices or position; key and kind stay as they are."""
        require_role(self.actor, "admin")
        field = self.get_object()
        form = self.get_serializer(field, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        return self.versioned(custom_fields.update_custom_field(actor=self.actor, field=field, **form.validated_data))

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Remove the definition; values that contacts hold stay with them."""
        custom_fields.delete_custom_field(actor=self.actor, field=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
