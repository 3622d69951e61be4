"""Bulk changes and the export of a filtered list of leads."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import audit
from accounts.models import Role
from accounts.permissions import role_required
from contacts.importing.services import keep_upload
from core.problems import DomainError, InvalidInput
from core.scope import current_tenant_id, tenant_scope
from core.tabular.writing import csv_bytes
from leads import bulk
from leads.filters import LeadFilter
from leads.models import Lead
from leads.pages import back_to

UNDO = "leads_deleted_together"
COLUMNS = ("first_name", "last_name", "email", "phone_number", "company", "state", "source", "consent")
CHUNK = 1_000


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
    value = request.POST.get("owner_id" if action == "set_owner" else "state", "")
    if request.POST.get("scope") == "matching":
        filters = dict(QueryDict(request.POST.get("query", "")).lists())
        ids: list[uuid.UUID] = []
        done = bulk.change_matching(actor=user, filters=filters, action=action, value=value)
    elif ids := _ids(request.POST.getlist("ids")):
        done = bulk.change_many(actor=user, leads=Lead.objects.active().filter(pk__in=ids), action=action, value=value)
    else:
        raise InvalidInput("Tick at least one lead first.")
    messages.success(request, _outcome(done, action), extra_tags=_undo(request, action, ids))
    return back_to(request, "/leads")


def _outcome(done: dict[str, int], action: str) -> str:
    if done.get("waiting"):
        return f"{done['waiting']:,} leads are being {WORDS[action]}; look again in a moment."
    left = f" {done['left']:,} were left as they are." if done["left"] else ""
    return f"{done['changed']:,} leads {WORDS[action]}.{left}"


def _undo(request: HttpRequest, action: str, ids: list[uuid.UUID]) -> str:
    if action != "delete" or not ids:
        return ""
    request.session[UNDO] = [str(i) for i in ids]
    return "undo=/leads/bulk/undo"


@require_POST
def lead_bulk_undo(request: HttpRequest) -> HttpResponse:
    """Bring back what was deleted together."""
    count = bulk.restore_many(actor=request.user, ids=_ids(request.session.pop(UNDO, [])))
    messages.success(request, f"{count} leads are back.")
    return redirect("leads-page")


def export_rows(tenant_id: uuid.UUID, wanted: list[uuid.UUID]) -> Iterator[bytes]:
    """The CSV in pieces; the scope is opened inside because the answer is sent after the request's transaction."""
    yield csv_bytes([(*COLUMNS, "owner", "created_at")])
    for start in range(0, len(wanted), CHUNK):
        with tenant_scope(tenant_id):
            rows = (
                Lead.objects.filter(pk__in=wanted[start : start + CHUNK])
                .select_related("owner")
                .order_by("-created_at")
            )
            yield csv_bytes(
                [(*(getattr(r, c) for c in COLUMNS), str(r.owner or ""), r.created_at.isoformat()) for r in rows]
            )


@role_required(Role.MANAGER)
def lead_export(request: HttpRequest) -> StreamingHttpResponse:
    """Every lead the filters leave, as CSV that no spreadsheet runs as formulas."""
    filterset = LeadFilter(request.GET, queryset=Lead.objects.active().order_by("-created_at", "-id"))
    if not filterset.is_valid():
        raise InvalidInput("The filters cannot be read.")
    wanted = list(filterset.qs.values_list("pk", flat=True))
    audit.record(actor=request.user, action="leads.exported", rows=len(wanted), filters=sorted(request.GET))
    response = StreamingHttpResponse(export_rows(current_tenant_id(), wanted), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="leads-{timezone.localdate():%Y-%m-%d}.csv"'
    return response
