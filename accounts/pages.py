"""Settings: one's own account, and for admins the workspace, people and keys."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts import ledger, services, webhooks
from accounts.forms import AccountForm, ApiKeyForm, GrantForm, PersonForm, WebhookForm, WorkspaceForm
from accounts.models import (
    ApiKey,
    AuditEntry,
    LedgerAccount,
    LedgerEntry,
    Role,
    Tenant,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.permissions import role_required
from core.problems import DomainError, NotFound


def _me(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _apply(form: Any, error: DomainError) -> None:
    """Show a rule's refusal at the field it speaks of, else over the form."""
    items = error.extra.get("errors") or [{"field": "", "detail": error.detail}]
    for item in items:
        form.add_error(item["field"] if item["field"] in form.fields else None, item["detail"])


def account(request: HttpRequest) -> HttpResponse:
    """One's own name and password."""
    me = _me(request)
    form = AccountForm(request.POST or None, user=me, initial={"name": me.name})
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data["new_password"] or None
        changed = services.update_user(actor=me, user=me, name=form.cleaned_data["name"], password=password)
        update_session_auth_hash(request, changed)
        messages.success(request, "Your account is saved.")
        return redirect("account")
    return render(request, "settings/account.html", {"form": form, "me": me})


@role_required(Role.ADMIN)
def workspace(request: HttpRequest) -> HttpResponse:
    """The workspace's settings."""
    tenant = Tenant.objects.get()
    form = WorkspaceForm(request.POST or None, initial=WorkspaceForm.values_of(tenant))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_settings(actor=_me(request), changes=form.changes(), reason=form.cleaned_data["reason"])
        except DomainError as error:
            _apply(form, error)
        else:
            messages.success(request, "The workspace is saved.")
            return redirect("workspace-settings")
    return render(request, "settings/workspace.html", {"form": form, "tenant": tenant})


@role_required(Role.ADMIN)
def people(request: HttpRequest) -> HttpResponse:
    """Everyone who may sign in."""
    return render(request, "settings/people.html", {"people": User.objects.order_by("-is_active", "name", "email")})


@role_required(Role.ADMIN)
def person(request: HttpRequest, pk: uuid.UUID | None = None) -> HttpResponse:
    """Add or change a person."""
    user = User.objects.filter(pk=pk).first() if pk else None
    if pk and user is None:
        raise NotFound
    fields = ("name", "email", "role", "is_active")
    form = PersonForm(request.POST or None, initial={f: getattr(user, f) for f in fields} if user else None)
    if request.method == "POST" and form.is_valid():
        values = {**form.cleaned_data, "password": form.cleaned_data["password"] or None}
        try:
            if user:
                services.update_user(actor=_me(request), user=user, **values)
            else:
                services.create_user(actor=_me(request), **values)
        except DomainError as error:
            _apply(form, error)
        else:
            messages.success(request, f"{values['name']} is saved.")
            return redirect("people")
    return render(request, "settings/person.html", {"form": form, "person": user})


@role_required(Role.ADMIN)
def api_keys(request: HttpRequest) -> HttpResponse:
    """Keys for integrations; a new one is shown once."""
    form = ApiKeyForm(request.POST or None, initial={"role": Role.AGENT})
    whole = ""
    if request.method == "POST" and form.is_valid():
        _, whole = services.create_api_key(actor=_me(request), **form.cleaned_data)
        form = ApiKeyForm(initial={"role": Role.AGENT})
    keys = ApiKey.objects.filter(revoked_at=None).select_related("created_by")
    return render(request, "settings/api_keys.html", {"form": form, "keys": keys, "whole": whole})


@require_POST
@role_required(Role.ADMIN)
def revoke_api_key(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """End a key."""
    key = ApiKey.objects.filter(pk=pk).first()
    if key is None:
        raise NotFound
    services.revoke_api_key(actor=_me(request), key=key)
    messages.success(request, f"The key “{key.name}” works no more.")
    return redirect("api-keys")


@role_required(Role.ADMIN)
def webhooks_page(request: HttpRequest) -> HttpResponse:
    """Addresses that are told of events; the secret of a new one is shown once."""
    form = WebhookForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = webhooks.create_endpoint(actor=_me(request), **form.cleaned_data)
            form = WebhookForm()
        except DomainError as error:
            _apply(form, error)
    context = {
        "form": form,
        "made": made,
        "endpoints": WebhookEndpoint.objects.order_by("-created_at"),
        "deliveries": WebhookDelivery.objects.select_related("endpoint").order_by("-created_at")[:50],
    }
    return render(request, "settings/webhooks.html", context)


@require_POST
@role_required(Role.ADMIN)
def delete_webhook(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Remove an endpoint."""
    endpoint = WebhookEndpoint.objects.filter(pk=pk).first()
    if endpoint is None:
        raise NotFound
    webhooks.delete_endpoint(actor=_me(request), endpoint=endpoint)
    messages.success(request, "The endpoint is told nothing more.")
    return redirect("webhooks-page")


@role_required(Role.MANAGER)
def credits_page(request: HttpRequest) -> HttpResponse:
    """What the purses hold and where it went; admins add credits."""
    form = GrantForm(request.POST or None)
    if request.method == "POST" and _me(request).has_role(Role.ADMIN) and form.is_valid():
        key = f"grant:{uuid.uuid4()}"
        ledger.grant(kind=LedgerAccount.Kind.CREDITS, key=key, actor_name=str(request.user), **form.cleaned_data)
        messages.success(request, f"{form.cleaned_data['amount']} credits added.")
        return redirect("credits-page")
    purses = [ledger.get_account(kind) for kind in LedgerAccount.Kind.values]
    entries = LedgerEntry.objects.select_related("account").order_by("-created_at", "-id")[:100]
    return render(request, "settings/credits.html", {"purses": purses, "entries": entries, "form": form})


@role_required(Role.ADMIN)
def audit_page(request: HttpRequest) -> HttpResponse:
    """The last accountable acts."""
    return render(request, "settings/audit.html", {"entries": AuditEntry.objects.order_by("-at")[:200]})
