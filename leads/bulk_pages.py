"""Bulk changes and the export of a filtered list of leads."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts import audit
from accounts.models import Role
from accounts.permissions import role_required
from contacts.bulk_page import BulkPage, show_bulk
from contacts.importing.services import keep_upload
from contacts.streaming import file_response, in_batches
from core.problems import DomainError, InvalidInput
from leads import bulk
from leads.filters import LeadFilter
from leads.models import BulkRun, Lead
from leads.pages import back_to

COLUMNS = ("first_name", "last_name", "email", "phone_number", "company", "state", "source", "consent")


@role_required(Role.MANAGER)
def lead_import(request: HttpRequest) -> HttpResponse:
    """Bring leads in from a file; the columns, the dry run and the report are those of every import."""
    error = ""
    if request.method == "POST":
        try:
            job = keep_upload(upload=request.FILES.get("file"), actor=request.user, kind="leads")  # type: ignore[arg-type]
            return redirect("contacts:import-detail", pk=job.pk)
        except DomainError as refusal:
            error = refusal.detail
    return render(request, "leads/lead_import.html", {"error": error}, status=422 if error else 200)


def _ids(raw: list[str]) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(i) for i in raw]
    except ValueError:
        raise InvalidInput("A selected lead could not be read.", field="ids") from None


WORDS = {"delete": "moved to the trash", "set_owner": "handed over", "set_state": "moved"}


@require_POST
def lead_bulk(request: HttpRequest) -> HttpResponse:
    """One change on the ticked leads, or on all that match the filters."""
    user: Any = request.user
    action = request.POST.get("action", "")
    value = request.POST.get("owner_id" if action == "set_owner" else "state", "") if action != "delete" else ""
    if request.POST.get("scope") == "matching":
        filters = dict(QueryDict(request.POST.get("query", "")).lists())
        run = bulk.change_matching(actor=user, filters=filters, action=action, value=value)
    elif ids := _ids(request.POST.getlist("ids")):
        run = bulk.change_many(actor=user, leads=Lead.objects.active().filter(pk__in=ids), action=action, value=value)
    else:
        raise InvalidInput("Tick at least one lead first.")
    if run.status == BulkRun.Status.RUNNING:
        return redirect("lead-bulk-detail", pk=run.pk)
    undo = f"undo=/leads/bulk/{run.pk}/undo" if run.changed else ""
    messages.success(request, _outcome(run), extra_tags=undo)
    return back_to(request, "/leads")


def _leads(count: int) -> str:
    return f"{count:,} lead{'' if count == 1 else 's'}"


def _outcome(run: BulkRun) -> str:
    if run.status == BulkRun.Status.UNDONE:
        kept = (
            f" {run.changed - run.back:,} stay, because someone changed them since." if run.changed > run.back else ""
        )
        return f"{_leads(run.back)} set back.{kept}"
    left = f" {run.left:,} were left as they are." if run.left else ""
    return f"{_leads(run.changed)} {WORDS[run.action]}.{left}"


@require_GET
def lead_bulk_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """How far a bulk change is, and its undo."""
    run = bulk.get_run(request.user, pk)
    undoing = run.status == BulkRun.Status.UNDOING
    way_back = run.status == BulkRun.Status.RUNNING or (run.status == BulkRun.Status.COMPLETED and run.changed)
    return show_bulk(
        request,
        BulkPage(
            words=bulk.describe(run),
            noun="leads",
            back=reverse("leads-page"),
            address=reverse("lead-bulk-detail", args=[pk]),
            status=run.status,
            total=run.total,
            done=run.back if undoing else run.changed + run.left,
            steps=run.changed if undoing else run.total,
            result=_outcome(run),
            undo=reverse("lead-bulk-undo", args=[pk]) if way_back else "",
        ),
    )


@require_POST
def lead_bulk_undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a bulk change back."""
    run = bulk.undo(actor=request.user, run_id=pk)
    if run.status == BulkRun.Status.UNDOING:
        return redirect("lead-bulk-detail", pk=run.pk)
    messages.success(request, _outcome(run))
    return back_to(request, "/leads")


def _table(leads: QuerySet[Lead]) -> Iterator[Sequence[Any]]:
    yield (*COLUMNS, "owner", "created_at")
    for lead in in_batches(leads.select_related("owner"), key="pk"):
        yield (*(getattr(lead, name) for name in COLUMNS), str(lead.owner or ""), lead.created_at.isoformat())


@role_required(Role.MANAGER)
@require_GET
def lead_export(request: HttpRequest, format: str) -> HttpResponseBase:
    """Every lead the filters leave, oldest first, as CSV or Excel that no spreadsheet runs as formulas."""
    filterset = LeadFilter(request.GET, queryset=Lead.objects.active())
    if not filterset.is_valid():
        raise InvalidInput("The filters cannot be read.")
    leads = filterset.qs
    rows = leads.order_by().values("pk").count()
    audit.record(actor=request.user, action="leads.exported", format=format, rows=rows, filters=sorted(request.GET))
    return file_response(lambda: _table(leads), name=f"leads-{timezone.localdate():%Y-%m-%d}", format=format)
