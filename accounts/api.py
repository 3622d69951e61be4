"""Identity over the API: tokens, the caller, people, settings, keys."""

from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services, tokens
from accounts.models import ApiKey, Tenant, User
from accounts.permissions import IsAdmin
from accounts.serializers import (
    ApiKeySerializer,
    MeSerializer,
    NewApiKeySerializer,
    RefreshSerializer,
    SettingsSerializer,
    SignInSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from core import rates
from core.api import ApiMixin, ListApi
from core.network_address import client_address
from core.scope import tenant_scope


class WrongCredentials(exceptions.AuthenticationFailed):
    """The email and password do not match an active person."""

    default_detail = "The email or the password is wrong."


def _body(serializer_class: type[Any], request: Request, **kwargs: Any) -> dict[str, Any]:
    serializer = serializer_class(data=request.data, **kwargs)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class _OpenView(ApiMixin):
    """Token calls: no identity yet, and their refusals (a revoked family) must be kept."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    idempotent = False
    atomic = False

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class TokenView(_OpenView):
    """Sign in."""

    @extend_schema(request=SignInSerializer, responses=TokenPairSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Exchange email and password for tokens."""
        body = _body(SignInSerializer, request)
        slot = f"login:{body['email'].strip().lower()}:{client_address(request)}"
        limit = rates.parse_rate(settings.LOGIN_FAILURE_RATE)[0]
        if rates.used(slot, settings.LOGIN_FAILURE_RATE) >= limit:
            raise exceptions.Throttled(wait=rates.parse_rate(settings.LOGIN_FAILURE_RATE)[1])
        user = authenticate(request, username=body["email"], password=body["password"])
        if not isinstance(user, User):
            rates.hit(slot, settings.LOGIN_FAILURE_RATE)
            raise WrongCredentials
        with tenant_scope(user.tenant.pk):
            return Response(tokens.issue(user))


class RefreshView(_OpenView):
    """Rotate a refresh token."""

    @extend_schema(request=RefreshSerializer, responses=TokenPairSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair; it cannot be used twice."""
        return Response(tokens.rotate(_body(RefreshSerializer, request)["refresh"]))


class LogoutView(_OpenView):
    """Sign out."""

    @extend_schema(request=RefreshSerializer, responses={204: None}, auth=[])
    def post(self, request: Request) -> Response:
        """Revoke the refresh token and all that descend from the same sign-in."""
        tokens.revoke(_body(RefreshSerializer, request)["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(ApiMixin):
    """The caller."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who you are and what your workspace has left."""
        return Response(MeSerializer(request.user).data)


class UserApi(ListApi):
    """People of the workspace."""

    permission_classes = (IsAdmin,)
    serializer_class = UserSerializer
    ordering_fields = ("email", "name", "created_at")
    http_method_names = ("get", "post", "patch", "head", "options")

    def get_queryset(self) -> QuerySet[User]:
        return User.objects.order_by("-created_at", "-id")

    def create(self, request: Request) -> Response:
        """Add a person; without a password they cannot sign in until one is set."""
        body = _body(UserSerializer, request)
        defaults = {"name": "", "role": "agent", "password": None}
        return self.versioned(services.create_user(actor=self.actor, **{**defaults, **body}), status.HTTP_201_CREATED)

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change a person."""
        user = self.get_object()
        serializer = self.get_serializer(user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self.versioned(services.update_user(actor=self.actor, user=user, **serializer.validated_data))


class SettingsView(ApiMixin):
    """The workspace's settings."""

    permission_classes = (IsAdmin,)

    @extend_schema(responses=SettingsSerializer)
    def get(self, request: Request) -> Response:
        """Read them."""
        return Response(SettingsSerializer(Tenant.objects.get()).data)

    @extend_schema(request=SettingsSerializer, responses=SettingsSerializer)
    def patch(self, request: Request) -> Response:
        """Change them; loosening `number_caps` needs `reason`."""
        changes = _body(SettingsSerializer, request, instance=Tenant.objects.get(), partial=True)
        reason = changes.pop("reason", "")
        tenant = services.update_settings(actor=self.actor, changes=changes, reason=reason)
        return Response(SettingsSerializer(tenant).data)


class ApiKeyApi(ListApi):
    """API keys."""

    permission_classes = (IsAdmin,)
    serializer_class = ApiKeySerializer
    ordering_fields = ("created_at", "name")
    http_method_names = ("get", "post", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.filter(revoked_at=None).order_by("-created_at", "-id")  # type: ignore[no-any-return]

    @extend_schema(request=ApiKeySerializer, responses={201: NewApiKeySerializer})
    def create(self, request: Request) -> Response:
        """Make a key; the answer is the only place where the whole key stands."""
        body = {"role": "agent", **_body(ApiKeySerializer, request)}
        key, whole = services.create_api_key(actor=self.actor, **body)
        key.key = whole  # type: ignore[attr-defined]
        return Response(NewApiKeySerializer(key).data, status=status.HTTP_201_CREATED)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """End a key at once."""
        services.revoke_api_key(actor=self.actor, key=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
