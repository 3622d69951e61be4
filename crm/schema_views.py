"""The OpenAPI document and its page, and the answer for unknown API addresses."""

from typing import Any

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiMixin
from core.problems import NotFound


class SchemaView(SpectacularAPIView):
    """The document itself, for everyone."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    renderer_classes = [OpenApiJsonRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)  # type: ignore[no-any-return,no-untyped-call]


class DocsView(SpectacularSwaggerView):
    """The document as a page, served from our own files."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    renderer_classes = [TemplateHTMLRenderer]
    url_name = "api:schema"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)  # type: ignore[no-any-return,no-untyped-call]


class UnknownView(ApiMixin):
    """Every other address under /api/v1: 404 for whoever is signed in, 401 for the rest."""

    idempotent = False

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """There is nothing here."""
        raise NotFound

    post = put = patch = delete = get
