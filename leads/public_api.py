"""The public intake over the API: no login; the form key, or the edit token, names the workspace."""

import hashlib
import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.lookups import find_tenant_by_form_key
from core import idempotency
from core.api import ApiMixin
from core.network_address import client_address
from core.parsing import StrictJsonParser
from core.problems import InvalidInput, NotFound
from core.scope import activate
from leads import edit_tokens, public
from leads.intake_limits import check_intake_rate
from leads.public_serializers import (
    TRAP,
    OwnSubmissionSerializer,
    PublicLeadEditSerializer,
    PublicLeadSerializer,
    ReceiptSerializer,
)
from leads.upload_limit import LimitedUploadHandler

NOT_OF_THE_LEAD = ("form_key", "edit_token", "resume", "consent", "ref", TRAP)


class _PublicApi(ApiMixin):
    """No identity; CSRF does not apply; uploads are cut off at their limit while they are read."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    idempotent = False

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        request.upload_handlers = [LimitedUploadHandler(request)]
        return super().initialize_request(request, *args, **kwargs)

    def visitor(self) -> public.Visitor:
        """Who sends: the address that limits count, and the browser's name."""
        return public.Visitor(client_address(self.request), self.request.headers.get("User-Agent", ""))

    def read(self, serializer_class: type[Any]) -> dict[str, Any]:
        """The validated body."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def text(self, name: str) -> str:
        """One text of the body before it is validated, for finding the workspace; raises InvalidInput without it."""
        data = self.request.data
        value = data.get(name) if isinstance(data, dict) else None
        if not isinstance(value, str) or not value.strip():
            raise InvalidInput(f"{name} is required.", field=name, field_code="required")
        return value.strip().replace("\x00", "")


class PublicLeadsView(_PublicApi):
    """The public form."""

    parser_classes = (MultiPartParser, FormParser)

    @extend_schema(request={"multipart/form-data": PublicLeadSerializer}, responses={201: ReceiptSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        """Send the form. The answer is the same whether or not the email is known."""
        form_key = self.text("form_key")
        tenant_id = find_tenant_by_form_key(form_key)
        if tenant_id is None:
            raise NotFound("There is no such form.")
        activate(tenant_id)
        check_intake_rate(form=form_key, origin=self.visitor().origin)
        self._attempt = idempotency.begin(request, f"form:{hashlib.sha256(form_key.encode()).hexdigest()[:32]}")
        body = self.read(PublicLeadSerializer)
        receipt = public.decoy() if body.get(TRAP) else self._submit(body)
        return Response(ReceiptSerializer(receipt).data, status=status.HTTP_201_CREATED)

    def _submit(self, body: dict[str, Any]) -> public.Receipt:
        return public.submit_form(
            visitor=self.visitor(),
            fields={k: v for k, v in body.items() if k not in NOT_OF_THE_LEAD},
            resume=body.get("resume"),
            consent=body.get("consent", False),
            ref=body.get("ref", ""),
        )


class PublicLeadView(_PublicApi):
    """A submission, in its sender's hands for three days."""

    parser_classes = (MultiPartParser, FormParser, StrictJsonParser)

    @extend_schema(
        parameters=[OpenApiParameter("lead_id", OpenApiTypes.UUID, OpenApiParameter.PATH)],
        request={
            "multipart/form-data": PublicLeadEditSerializer,
            "application/json": PublicLeadEditSerializer,
        },
        responses=OwnSubmissionSerializer,
        auth=[],
    )
    def put(self, request: Request, lead_id: str) -> Response:
        """Change what was sent; only what is named changes. A wrong or expired token answers 404."""
        tenant_id, _ = edit_tokens.read(self.text("edit_token"))
        activate(tenant_id)
        visitor = self.visitor()
        check_intake_rate(form="edit", origin=visitor.origin)
        lead = public.lead_of_token(lead_id=_uuid(lead_id), token=self.text("edit_token"))
        body = self.read(PublicLeadEditSerializer)
        lead = public.change_submission(
            visitor=visitor,
            lead=lead,
            fields={k: v for k, v in body.items() if k not in NOT_OF_THE_LEAD},
            resume=body.get("resume"),
            consent=body.get("consent"),
        )
        return Response(OwnSubmissionSerializer(lead).data)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None
