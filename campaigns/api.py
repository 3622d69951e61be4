"""Campaigns over the API: records, the people in them, and the course of dialling."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ReadForAgentsWriteForManagers
from campaigns import batches, importing, membership, running, selectors, services
from campaigns.call_history import calls
from campaigns.copies import copy_campaign
from campaigns.filters import CampaignFilters, CampaignLeadFilters
from campaigns.models import Campaign, CampaignLead, LeadBatch
from campaigns.preflight import preflight
from campaigns.prompts import preview
from campaigns.scheduling import schedule_campaign
from campaigns.serializers import (
    CampaignLeadSerializer,
    CampaignSerializer,
    ChangeOfStateSerializer,
    CopySerializer,
    LeadBatchSerializer,
    ManyPeopleSerializer,
    NewPersonSerializer,
    PeopleFileSerializer,
    PreflightSerializer,
    PromptPreviewSerializer,
    ScheduleSerializer,
    StartSerializer,
    StatsSerializer,
)
from campaigns.stats import campaign_stats
from core.api import ApiMixin, ListApi
from core.clock import database_now
from core.filtering import BadParameter
from core.parsing import StrictJsonParser

_UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
LEAD = OpenApiParameter("lead", OpenApiTypes.UUID, description="A campaign lead.")
HANG_UP = OpenApiParameter("hang_up", OpenApiTypes.BOOL, description="End the calls in flight too.")


def _body(serializer_class: type[Any], data: Any, **kwargs: Any) -> dict[str, Any]:
    serializer = serializer_class(data=data, **kwargs)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class CampaignApi(ListApi):
    """Campaigns."""

    permission_classes = (ReadForAgentsWriteForManagers,)
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilters
    lookup_value_regex = _UUID
    ordering_fields = ("created_at", "updated_at", "name", "status", "started_at")
    http_method_names = ("get", "post", "patch", "delete", "head", "options")
    extra_parameters: tuple[str, ...] = ()

    def get_queryset(self) -> QuerySet[Campaign]:
        return Campaign.objects.present().newest_first()

    def get_object(self) -> Campaign:
        campaign: Campaign = super().get_object()
        selectors.attach_counters([campaign])
        return campaign

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        selectors.attach_counters(page or [])
        return page

    def _answer(self, campaign: Campaign, code: int = 200) -> Response:
        campaign.refresh_from_db()
        selectors.attach_counters([campaign])
        return self.versioned(campaign, code)

    def create(self, request: Request) -> Response:
        """Make a campaign; it starts as a draft."""
        fields = _body(CampaignSerializer, request.data)
        return self._answer(services.create_campaign(actor=self.actor, **fields), status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change a campaign, also while it runs; limits and hours count from the next dial on."""
        campaign = self.get_object()
        changes = _body(CampaignSerializer, request.data, instance=campaign, partial=True)
        return self._answer(services.update_campaign(actor=self.actor, campaign=campaign, **changes))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a campaign that is not calling; its calls stay on record."""
        services.delete_campaign(actor=self.actor, campaign=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=PreflightSerializer)
    @action(detail=True, methods=["get"], url_path="preflight")
    def preflight(self, request: Request, **kwargs: Any) -> Response:
        """What a start would meet: who can be called now, who waits, who is blocked and why, and what it takes."""
        return Response(preflight(self.get_object(), database_now()))

    @extend_schema(responses=StatsSerializer)
    @action(detail=True, methods=["get"], url_path="stats")
    def stats(self, request: Request, **kwargs: Any) -> Response:
        """What has happened so far, exact."""
        return Response(campaign_stats(self.get_object()))

    @extend_schema(request=None, responses=StartSerializer)
    @action(detail=True, methods=["post"], url_path="start")
    def start(self, request: Request, **kwargs: Any) -> Response:
        """Begin to dial; `jobs_enqueued` leads are due at once."""
        started = running.start_campaign(actor=self.actor, campaign=self.get_object())
        return Response({"status": started.campaign.status, "jobs_enqueued": started.jobs_enqueued})

    @extend_schema(request=None, responses=ChangeOfStateSerializer)
    @action(detail=True, methods=["post"], url_path="pause")
    def pause(self, request: Request, **kwargs: Any) -> Response:
        """Dial no more until resumed; calls in flight end by themselves."""
        return self._state(running.pause_campaign(actor=self.actor, campaign=self.get_object()))

    @extend_schema(request=None, responses=ChangeOfStateSerializer)
    @action(detail=True, methods=["post"], url_path="resume")
    def resume(self, request: Request, **kwargs: Any) -> Response:
        """Dial on after a pause."""
        return self._state(running.resume_campaign(actor=self.actor, campaign=self.get_object()))

    @extend_schema(request=None, responses=ChangeOfStateSerializer, parameters=[HANG_UP])
    @action(detail=True, methods=["post"], url_path="stop", extra_parameters=("hang_up",))
    def stop(self, request: Request, **kwargs: Any) -> Response:
        """Dial no more, for good."""
        raw = request.query_params.get("hang_up", "false").lower()
        if raw not in ("true", "false", "1", "0"):
            raise BadParameter("hang_up is true or false.", "invalid_boolean")
        hang_up = raw in ("true", "1")
        return self._state(running.stop_campaign(actor=self.actor, campaign=self.get_object(), hang_up=hang_up))

    def _state(self, campaign: Campaign) -> Response:
        live = calls().live().filter(campaign_id=campaign.pk).count()
        return Response({"status": campaign.status, "in_flight": live})

    @extend_schema(request=CopySerializer, responses={201: CampaignSerializer})
    @action(detail=True, methods=["post"], url_path="copy")
    def copy(self, request: Request, **kwargs: Any) -> Response:
        """A draft with the same settings and nobody in it."""
        body = _body(CopySerializer, request.data)
        copy = copy_campaign(actor=self.actor, campaign=self.get_object(), **body)
        return self._answer(copy, status.HTTP_201_CREATED)

    @extend_schema(request=ScheduleSerializer, responses=CampaignSerializer)
    @action(detail=True, methods=["post"], url_path="schedule")
    def schedule(self, request: Request, **kwargs: Any) -> Response:
        """Have a draft start at a time to come, or take the plan back."""
        campaign = self.get_object()
        at = _body(ScheduleSerializer, request.data)["at"]
        return self._answer(schedule_campaign(actor=self.actor, campaign=campaign, at=at))

    @extend_schema(responses=PromptPreviewSerializer, parameters=[LEAD])
    @action(detail=True, methods=["get"], url_path="prompt-preview", extra_parameters=("lead",))
    def prompt_preview(self, request: Request, **kwargs: Any) -> Response:
        """What the voice is told, filled in for one of the campaign's leads."""
        campaign, wanted = self.get_object(), request.query_params.get("lead")
        lead = selectors.get_campaign_lead(campaign, wanted) if wanted else None
        return Response(preview(campaign, lead))


class CampaignLeadApi(ListApi):
    """The people in a campaign."""

    permission_classes = (ReadForAgentsWriteForManagers,)
    serializer_class = CampaignLeadSerializer
    filterset_class = CampaignLeadFilters
    lookup_value_regex = _UUID
    ordering_fields = ("created_at", "updated_at", "next_attempt_at", "last_called_at", "status")
    http_method_names = ("get", "post", "delete", "head", "options")

    def campaign(self) -> Campaign:
        """The campaign of the address, or 404."""
        return selectors.get_campaign(self.kwargs["campaign_id"])

    def get_queryset(self) -> QuerySet[CampaignLead]:
        if getattr(self, "swagger_fake_view", False):
            return CampaignLead.objects.none()
        rows = CampaignLead.objects.filter(campaign=self.campaign())
        wanted = self.request.query_params.getlist("status")
        return rows if "removed" in wanted else rows.present()

    @extend_schema(request=NewPersonSerializer, responses={201: CampaignLeadSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Add one person; a number on a do-not-call list is added as `blocked`."""
        campaign, body = self.campaign(), _body(NewPersonSerializer, request.data)
        row = membership.add_person(actor=self.actor, campaign=campaign, **body)
        return self.versioned(row, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Take a lead out of the campaign; 409 while its call is in flight."""
        membership.remove_lead(actor=self.actor, campaign_lead=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)


class BulkApi(ApiMixin):
    """Many people into a campaign."""

    permission_classes = (ReadForAgentsWriteForManagers,)
    parser_classes = (StrictJsonParser, MultiPartParser)

    @extend_schema(
        request={"application/json": ManyPeopleSerializer, "multipart/form-data": PeopleFileSerializer},
        responses={
            200: OpenApiResponse(LeadBatchSerializer, description="All are in."),
            202: OpenApiResponse(LeadBatchSerializer, description="They are being added in the background."),
        },
    )
    def post(self, request: Request, campaign_id: Any) -> Response:
        """Add everyone a filter finds, everyone named by id, or everyone in a file."""
        campaign = selectors.get_campaign(campaign_id)
        by_file = (request.content_type or "").startswith("multipart/")
        body = _body(PeopleFileSerializer if by_file else ManyPeopleSerializer, request.data)
        if by_file:
            upload, mapping = body["file"], body.get("mapping")
            batch = importing.import_list(actor=self.actor, campaign=campaign, upload=upload, mapping=mapping)
        else:
            batch = batches.add_many(actor=self.actor, campaign=campaign, **body)
        done = batch.status == LeadBatch.Status.COMPLETED
        code = status.HTTP_200_OK if done else status.HTTP_202_ACCEPTED
        return Response(LeadBatchSerializer(batch).data, status=code)


class BatchApi(ApiMixin):
    """One batch of added people."""

    @extend_schema(responses=LeadBatchSerializer)
    def get(self, request: Request, campaign_id: Any, pk: Any) -> Response:
        """How far it has come."""
        batch = selectors.get_batch(selectors.get_campaign(campaign_id), pk)
        return Response(LeadBatchSerializer(batch).data)
