"""The settings pages of voice providers: which there are, and pasting the key of one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.permissions import role_required
from calls import voice_accounts
from calls.forms import VoiceAccountForm
from core.problems import DomainError
from core.scope import current_tenant_id


@role_required(Role.ADMIN)
def voice_providers(request: HttpRequest) -> HttpResponse:
    """Every provider and whether campaigns may call with it."""
    return render(request, "calls/voice_providers.html", {"accounts": voice_accounts.accounts()})


@role_required(Role.ADMIN)
def voice_provider(request: HttpRequest, name: str) -> HttpResponse:
    """What one provider needs to be told; kept once it has said that the key works."""
    account = voice_accounts.get_account(name)
    form = VoiceAccountForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            checked = voice_accounts.save_account(actor=request.user, account=account, fields=form.cleaned_data)  # type: ignore[arg-type]
        except DomainError as error:
            form.add_error(None, error.detail)
        else:
            if checked.is_valid:
                whose = f" It belongs to {checked.account_name}." if checked.account_name else ""
                messages.success(request, f"The key works.{whose} Campaigns can call with {account.spec.label} now.")
                return redirect("calls:voice-providers")
            form.add_error(None, f"Nothing was kept. {account.spec.label} says: {checked.detail}")
    context = {"account": account, "form": form, "address": account.address(current_tenant_id())}
    return render(request, "calls/voice_provider.html", context)


@require_POST
@role_required(Role.ADMIN)
def voice_provider_check(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the provider whether what is set up still works."""
    account = voice_accounts.get_account(name)
    checked = voice_accounts.check_account(account)
    if checked.is_valid:
        whose = f" It belongs to {checked.account_name}." if checked.account_name else ""
        messages.success(request, f"{account.spec.label} says: the key works.{whose}")
    else:
        messages.error(request, f"{account.spec.label} says: {checked.detail}")
    return redirect("calls:voice-provider", name)


@require_POST
@role_required(Role.ADMIN)
def voice_provider_forget(request: HttpRequest, name: str) -> HttpResponse:
    """Delete the workspace's own account here."""
    account = voice_accounts.get_account(name)
    try:
        voice_accounts.forget_account(actor=request.user, account=account)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("calls:voice-provider", name)
    messages.success(request, f"The account at {account.spec.label} is forgotten.")
    return redirect("calls:voice-providers")
