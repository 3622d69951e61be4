"""Credits over the API: what is left, every move, and grants."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import ledger
from accounts.models import LedgerAccount, LedgerEntry
from accounts.permissions import IsAdmin
from core.api import ApiMixin, ListApi
from core.ids import uuid7
from core.serializers import FieldsMixin, StrictSerializer

CREDITS = LedgerAccount.Kind.CREDITS


class StrictInteger(serializers.IntegerField):
    """A whole number given as a number: not a text, not a fraction, not true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class CreditsSerializer(serializers.Serializer[Any]):
    """A purse: `balance` is the sum of the ledger, `held` is reserved, `available` is the rest."""

    balance = serializers.IntegerField()
    held = serializers.IntegerField()
    available = serializers.IntegerField()


class GrantSerializer(StrictSerializer):
    """Credits to add."""

    amount = StrictInteger(min_value=1, max_value=1_000_000_000)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class EntrySerializer(FieldsMixin, serializers.ModelSerializer[LedgerEntry]):
    """One move of the purse."""

    class Meta:
        model = LedgerEntry
        fields = ("id", "kind", "amount", "held_delta", "reference", "note", "actor_name", "created_at")


class CreditsView(ApiMixin):
    """The purse of enrichment credits."""

    @extend_schema(responses=CreditsSerializer)
    def get(self, request: Request) -> Response:
        """What is left."""
        return Response(CreditsSerializer(ledger.get_account(CREDITS)).data)


class GrantView(ApiMixin):
    """Adding credits."""

    permission_classes = (IsAdmin,)

    @extend_schema(request=GrantSerializer, responses={201: CreditsSerializer})
    def post(self, request: Request) -> Response:
        """Add credits to the purse."""
        body = GrantSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ledger.grant(kind=CREDITS, key=f"grant:{uuid7()}", actor_name=str(self.actor), **body.validated_data)
        return Response(CreditsSerializer(ledger.get_account(CREDITS)).data, status=status.HTTP_201_CREATED)


@extend_schema_view(list=extend_schema(description="Every move of the purse, newest first."))
class LedgerApi(ListApi):
    """The ledger of credits; entries are never changed or deleted."""

    serializer_class = EntrySerializer
    http_method_names = ("get", "head", "options")
    ordering_fields = ("created_at",)

    def get_queryset(self) -> QuerySet[LedgerEntry]:
        entries: QuerySet[LedgerEntry] = LedgerEntry.objects.filter(account__kind=CREDITS)
        return entries.order_by("-created_at", "-id")
