"""Leads over the API."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from contacts.importing.api import ImportApi
from core.api import ListApi
from core.file_store import attachment
from core.filtering import BadParameter
from core.problems import NotFound
from leads import services
from leads.filters import LeadFilter
from leads.models import Lead
from leads.serializers import LeadSerializer, StateSerializer

BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
PURGE = OpenApiParameter("purge", OpenApiTypes.BOOL, description="Erase for good (admins).")
PUT_DEFAULTS: dict[str, Any] = {
    "first_name": "",
    "last_name": "",
    "email": "",
    "phone_number": "",
    "company": "",
    "source": "",
    "custom_fields": {},
    "consent": False,
    "owner_id": None,
}


def flag(request: Request, name: str) -> bool:
    """A yes/no query parameter; anything else is refused."""
    raw = request.query_params.get(name, "false").lower()
    if raw not in BOOLEANS:
        raise BadParameter(f"{name} is true or false.", "invalid_boolean")
    return BOOLEANS[raw]


class LeadApi(ListApi):
    """Leads: pursuits of people."""

    serializer_class = LeadSerializer
    filterset_class = LeadFilter
    ordering_fields = ("created_at", "updated_at", "first_name", "last_name", "company", "state", "email")
    extra_parameters = ("purge",)

    def get_queryset(self) -> QuerySet[Lead]:
        queryset = Lead.objects.order_by("-created_at", "-id")
        purging = self.request.method == "DELETE" and flag(self.request, "purge")
        return queryset if purging else queryset.active()

    def _body(self, **kwargs: Any) -> dict[str, Any]:
        serializer = self.get_serializer(data=self.request.data, **kwargs)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def create(self, request: Request) -> Response:
        """Add a lead; it is matched to an existing contact by email, then by phone."""
        return self.answer(services.create_lead(actor=self.actor, **self._body()), status.HTTP_201_CREATED)

    def update(self, request: Request, **kwargs: Any) -> Response:
        """Replace a lead's fields; what is left out becomes empty."""
        lead = self.get_object()
        changes = {**PUT_DEFAULTS, **self._body(instance=lead)}
        return self.answer(services.update_lead(actor=self.actor, lead=lead, changes=changes))

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change a lead; `state` moves by the legal steps."""
        lead = self.get_object()
        changes = self._body(instance=lead, partial=True)
        return self.answer(services.update_lead(actor=self.actor, lead=lead, changes=changes))

    @extend_schema(parameters=[PURGE])
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Move a lead to the trash, or erase it for good with its notes and file."""
        lead = self.get_object()
        act = services.purge_lead if flag(request, "purge") else services.delete_lead
        act(actor=self.actor, lead=lead)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=StateSerializer, responses=LeadSerializer)
    @action(detail=True, methods=["patch"], url_path="state")
    def state(self, request: Request, **kwargs: Any) -> Response:
        """Move a lead one legal step; any other step answers 409 and names the legal ones."""
        lead = self.get_object()
        body = StateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self.answer(services.change_state(actor=self.actor, lead=lead, state=body.validated_data["state"]))

    @extend_schema(request=None, responses=LeadSerializer)
    @action(detail=True, methods=["post"], url_path="restore")
    def restore(self, request: Request, **kwargs: Any) -> Response:
        """Bring a lead back from the trash."""
        lead = Lead.objects.deleted().filter(pk=kwargs["pk"]).first()
        if lead is None:
            raise NotFound
        return self.answer(services.restore_lead(actor=self.actor, lead=lead))

    @extend_schema(responses={200: OpenApiResponse(OpenApiTypes.BINARY, description="The file.")})
    @action(detail=True, methods=["get"], url_path="resume")
    def resume(self, request: Request, **kwargs: Any) -> Any:
        """Download the file that came with the lead."""
        lead = self.get_object()
        if not lead.has_resume:
            raise NotFound("No file came with this lead.")
        return attachment(name=lead.resume, download_name=lead.resume_name)


class LeadImportApi(ImportApi):
    """Imports of leads."""

    kind = "leads"
