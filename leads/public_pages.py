"""The hosted form: a page a workspace links to or embeds; it works without JavaScript."""

from typing import Any

from csp.decorators import csp_replace
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt

from accounts.lookups import find_tenant_by_form_key
from accounts.models import Tenant
from core.network_address import client_address
from core.problems import DomainError, NotFound
from core.scope import activate
from leads import public
from leads.forms import PublicForm
from leads.intake_limits import check_intake_rate
from leads.intake_settings import get_intake_settings
from leads.pages import show_refusal
from leads.upload_limit import LimitedUploadHandler

OPENED = signing.TimestampSigner(salt="leads.form_opened")
SHORTEST_SECONDS = 3
LONGEST_SECONDS = 24 * 3600


_in_any_frame: Any = csp_replace({"frame-ancestors": ["*"]})


def _enter(form_key: str) -> Tenant:
    tenant_id = find_tenant_by_form_key(form_key)
    if tenant_id is None:
        raise NotFound("There is no such form.")
    activate(tenant_id)
    tenant: Tenant = Tenant.objects.get()
    return tenant


def _is_program(request: HttpRequest) -> bool:
    """A filled trap, or a form sent back faster than anyone can type."""
    if request.POST.get("website"):
        return True
    try:
        OPENED.unsign(request.POST.get("opened", ""), max_age=SHORTEST_SECONDS)
    except signing.SignatureExpired:
        return False
    except signing.BadSignature:
        return True
    return True


def _send(request: HttpRequest, form_key: str, form: PublicForm) -> bool:
    """Hand a valid form to the intake; False when it was refused."""
    visitor = public.Visitor(client_address(request), request.headers.get("User-Agent", ""))
    fields = dict(form.cleaned_data)
    resume, consent = fields.pop("resume", None), bool(fields.pop("consent", False))
    ref = request.GET.get("ref", "").replace("\x00", "")
    try:
        check_intake_rate(form=form_key, origin=visitor.origin)
        if not _is_program(request):
            public.submit_form(visitor=visitor, fields=fields, resume=resume, consent=consent, ref=ref)
    except DomainError as error:
        show_refusal(form, error)
        return False
    return True


@csrf_exempt  # it is sent from other sites' frames, where the cookie is not: nothing here acts for a signed-in person
@xframe_options_exempt
@_in_any_frame  # type: ignore[untyped-decorator]
def public_form(request: HttpRequest, form_key: str) -> HttpResponse:
    """Show and take the form of a workspace."""
    request.upload_handlers = [LimitedUploadHandler(request)]
    tenant, settings = _enter(form_key), get_intake_settings()
    try:
        data: tuple[Any, ...] = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    except DomainError as error:
        data, too_large = (None, None), error
        form = PublicForm(initial={}, settings=settings)
        return _page(request, tenant, settings, form, str(too_large), status=413)
    form = PublicForm(*data, settings=settings)
    if request.method == "POST" and form.is_valid() and _send(request, form_key, form):
        return redirect(f"/forms/{form_key}/sent{'?embed=1' if 'embed' in request.GET else ''}")
    return _page(request, tenant, settings, form, "", status=422 if request.method == "POST" else 200)


def _page(
    request: HttpRequest, tenant: Tenant, settings: Any, form: PublicForm, problem: str, *, status: int
) -> HttpResponse:
    context = {
        "tenant": tenant,
        "settings": settings,
        "form": form,
        "problem": problem,
        "opened": request.POST.get("opened") or OPENED.sign("form"),
        "embedded": "embed" in request.GET,
    }
    return render(request, "public/form.html", context, status=status)


@xframe_options_exempt
@_in_any_frame  # type: ignore[untyped-decorator]
def public_form_sent(request: HttpRequest, form_key: str) -> HttpResponse:
    """What the visitor sees after sending."""
    tenant = _enter(form_key)
    context = {"tenant": tenant, "settings": get_intake_settings(), "embedded": "embed" in request.GET}
    return render(request, "public/sent.html", context)
