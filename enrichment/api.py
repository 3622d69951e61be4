"""Enrichment over the API."""

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.models import Contact
from contacts.serializers import EmptySerializer
from core.api import ApiMixin, ListApi
from core.problems import NotFound
from enrichment import arrivals, services
from enrichment.choices import provider_choices
from enrichment.models import EnrichmentRun, ProviderSetting
from enrichment.providers import PROVIDERS
from enrichment.serializers import ProviderSerializer, QueuedRunSerializer, RunSerializer


def get_contact(pk: str) -> Contact:
    """The active contact with this id, or NotFound."""
    contact: Contact | None = Contact.objects.active().filter(pk=pk).first()
    if contact is None:
        raise NotFound
    return contact


class EnrichView(ApiMixin):
    """Asking for an enrichment."""

    @extend_schema(request=EmptySerializer, responses={202: QueuedRunSerializer})
    def post(self, request: Request, contact_id: str) -> Response:
        """Queue an enrichment; one that already waits is answered instead of a second one."""
        contact = get_contact(contact_id)
        EmptySerializer(data=request.data).is_valid(raise_exception=True)
        run = services.request_enrichment(actor=self.actor, contact=contact)
        return Response(QueuedRunSerializer(run).data, status=status.HTTP_202_ACCEPTED)


@extend_schema_view(list=extend_schema(description="The enrichments of a contact, newest first."))
class ContactEnrichmentsApi(ListApi):
    """The enrichments of a contact."""

    serializer_class = RunSerializer
    http_method_names = ("get", "head", "options")
    ordering_fields = ("created_at",)

    def get_queryset(self) -> QuerySet[EnrichmentRun]:
        if getattr(self, "swagger_fake_view", False):
            return EnrichmentRun.objects.none()
        runs = EnrichmentRun.objects.filter(contact=get_contact(self.kwargs["contact_id"]))
        return runs.prefetch_related("steps").order_by("-created_at", "-id")


class NumbersView(ApiMixin):
    """Numbers that a provider sends later."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    idempotent = False

    @extend_schema(auth=[], request=OpenApiTypes.OBJECT, responses={200: OpenApiTypes.OBJECT})
    def post(self, request: Request, token: str) -> Response:
        """Take numbers sent to an address only the provider knows; a repeat has no effect."""
        return Response({"taken": arrivals.receive_numbers(token=token, body=request.data)})


@extend_schema_view(list=extend_schema(description="The providers in the order in which they are asked."))
class ProviderApi(ListApi):
    """The waterfall."""

    serializer_class = ProviderSerializer
    http_method_names = ("get", "head", "options")
    ordering_fields = ()

    def get_queryset(self) -> QuerySet[ProviderSetting]:
        if not getattr(self, "swagger_fake_view", False):
            provider_choices()  # makes the settings of providers that are new to the workspace
        settings: QuerySet[ProviderSetting] = ProviderSetting.objects.filter(provider__in=PROVIDERS)
        return settings.order_by("position", "provider")
