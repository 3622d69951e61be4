"""Settings of the public form, and the mails the product sent or could not send."""

import uuid

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Role, Tenant
from accounts.permissions import role_required
from core.email import resend_email
from core.models import Email
from core.pagination import count_rows
from core.problems import NotFound
from leads.forms import IntakeSettingsForm
from leads.intake_settings import get_intake_settings, update_intake_settings

SHOWN = 100


@role_required(Role.ADMIN)
def intake_settings(request: HttpRequest) -> HttpResponse:
    """The public form: texts, fields, consent, whose turn it is, and how to embed it."""
    row = get_intake_settings()
    form = IntakeSettingsForm(
        request.POST or None, instance=row, initial={"assignees": [str(i) for i in row.assignee_ids]}
    )
    if request.method == "POST" and form.is_valid():
        update_intake_settings(actor=request.user, changes=form.changes())
        messages.success(request, "The form is saved.")
        return redirect("intake-settings")
    address = f"{settings.PUBLIC_BASE_URL}/forms/{Tenant.objects.get().form_key}"
    return render(request, "leads/intake_settings.html", {"form": form, "address": address, "row": row})


@role_required(Role.ADMIN)
def mail_list(request: HttpRequest) -> HttpResponse:
    """Outgoing mails, the failed ones with what is wrong."""
    status = request.GET.get("status", "")
    mails = Email.objects.filter(status=status) if status in Email.Status.values else Email.objects.all()
    broken = Email.objects.filter(failure=Email.Failure.CONFIGURATION).exclude(status=Email.Status.SENT).first()
    context = {
        "mails": mails[:SHOWN],
        "total": count_rows(mails)[0],
        "broken": broken,
        "written_to_files": settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"),
        "folder": settings.EMAIL_FILE_PATH,
        "statuses": Email.Status.choices,
    }
    return render(request, "leads/mail_list.html", context)


def _mail(pk: uuid.UUID) -> Email:
    mail: Email | None = Email.objects.filter(pk=pk).first()
    if mail is None:
        raise NotFound("There is no such mail.")
    return mail


@role_required(Role.ADMIN)
def mail_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One mail as it was written, and what became of it."""
    return render(request, "leads/mail_detail.html", {"mail": _mail(pk)})


@require_POST
@role_required(Role.ADMIN)
def mail_resend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Try a mail again now."""
    mail = resend_email(email=_mail(pk))
    messages.success(request, f"“{mail.subject}” is on its way again.")
    return redirect("mail-list")
