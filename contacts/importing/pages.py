"""The import wizard: upload, map, try, import, report."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import role_required
from contacts import selectors
from contacts.custom_fields import field_kinds
from contacts.importing import services
from contacts.importing.api import refused_rows
from contacts.importing.engine import rows_of
from contacts.importing.kinds import KINDS
from contacts.models import Import
from contacts.streaming import csv_response
from contacts.targets import CUSTOM, field_label, slug
from core.problems import DomainError

STEPS = ("Upload", "Columns", "Try", "Import")
MANAGER = "manager"
NAMES = {
    "first_name": "First name", "last_name": "Last name", "full_name": "Full name", "email": "Email",
    "phone_number": "Phone", "company": "Company", "title": "Job title", "status": "Status", "tags": "Tags",
    "notes": "About", "timezone": "Time zone", "source": "Source",
}  # fmt: skip
WARNINGS = {
    "encoding_guessed": "How the letters are stored was guessed (Western European). Look at the samples.",
    "header_looks_like_data": "The first line looks like data. It is taken as the names of the columns.",
    "one_column": "The file has a single column.",
    "no_rows": "There are no rows below the header.",
    "further_sheets_ignored": "Only the first sheet of the workbook is read.",
    "unclosed_quote": "A quote is opened and never closed further down; rows after it cannot be read.",
}


@role_required(MANAGER)
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Step 1: choose a file."""
    error = ""
    if request.method == "POST":
        try:
            job = services.keep_upload(upload=request.FILES.get("file"), actor=request.user)  # type: ignore[arg-type]
            return redirect("contacts:import-detail", pk=job.pk)
        except DomainError as refusal:
            error = refusal.detail
    context = {"steps": STEPS, "error": error, "recent": Import.objects.filter(kind="contacts")[:5]}
    return render(request, "contacts/import_upload.html", context, status=422 if error else 200)


@role_required(MANAGER)
@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """Every import of the workspace."""
    jobs = Import.objects.exclude(status="draft").select_related("created_by")[:100]
    return render(request, "contacts/import_list.html", {"imports": jobs})


def columns_of(job: Import) -> list[dict[str, Any]]:
    """One entry a column of the file: its name, samples, and the chosen target."""
    guesses = {guess["column"]: guess for guess in job.options.get("guesses", [])}
    return [
        {
            "place": place,
            "name": name or f"Column {place + 1}",
            "target": target,
            "samples": guesses.get(place, {}).get("samples", []),
            "options": _options(job, name, target),
        }
        for place, (name, target) in enumerate(zip(job.options["file"]["header"], job.mapping["targets"], strict=True))
    ]


def _options(job: Import, name: str, target: str) -> list[tuple[str, str]]:
    kind = KINDS[job.kind]
    names = NAMES | getattr(kind, "labels", {})
    plain = [(field, names.get(field, field)) for field in kind.fields]
    repeated = [field for field in ("email", "phone_number") if field in kind.fields]
    further = [(f"{f}_{n}", names.get(f"{f}_{n}", f"{names[f]} {n}")) for f in repeated for n in (2, 3)]
    if not getattr(kind, "takes_custom_fields", True):
        return [("", "Leave out"), *plain, *[pair for pair in further if pair[0] in names]]
    known = [(CUSTOM + key, f"{field.label} (custom)") for key, field in field_kinds().items()]
    own = CUSTOM + slug(name)
    new = [] if any(key == own for key, _ in known) else [(own, f"New field “{name[:40]}”")]
    options = [("", "Leave out"), *plain, *further, *known, *new]
    if any(key == target for key, _ in options):
        return options
    return [
        *options,
        (target, f"New field “{field_label(target, name)[:40]}”" if target.startswith(CUSTOM) else target),
    ]


@role_required(MANAGER)
@require_GET
def import_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Step 2 for a draft, then progress and report."""
    job = selectors.get_import(request.user, pk)
    warnings = [WARNINGS.get(code, code) for code in job.warnings if code != services.SAME_FILE]
    earlier = Import.objects.filter(pk=job.options.get("duplicate_of")).first()
    context: dict[str, Any] = {"job": job, "steps": STEPS, "warnings": warnings, "earlier": earlier}
    if job.status == Import.Status.DRAFT or request.GET.get("step") == "columns":
        return render(request, "contacts/import_columns.html", context | {"columns": columns_of(job)})
    return render(request, "contacts/import_detail.html", context | report_of(job))


def report_of(job: Import) -> dict[str, Any]:
    """What the report shows beside the counts."""
    ended = job.status not in ("pending", "running")
    return {
        "ended": ended,
        "refused": list(rows_of(job, "failed")[:20]) if ended and job.failed else [],
        "step": 3 if job.dry_run else 4,
    }


@role_required(MANAGER)
@require_GET
def progress(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The moving part of the report, asked for every second while the import runs."""
    job = selectors.get_import(request.user, pk)
    response = render(request, "contacts/import_progress.html", {"job": job} | report_of(job))
    if job.status not in ("pending", "running"):
        response["HX-Refresh"] = "true"
    return response


@role_required(MANAGER)
@require_POST
def start(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Steps 3 and 4: try or import with the chosen columns."""
    job = selectors.get_import(request.user, pk)
    mapping = request.POST.getlist("target") or None
    try:
        services.start_import(
            actor=request.user,  # type: ignore[arg-type]
            job=job,
            mapping=mapping,
            on_conflict=request.POST.get("on_conflict", "skip"),
            dry_run=request.POST.get("action") == "try",
        )
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("contacts:import-detail", pk=pk)


@role_required(MANAGER)
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop an import."""
    return _act(
        request, pk, services.cancel_import, "The import has been stopped. What is stored stays and can be undone."
    )


@role_required(MANAGER)
@require_POST
def undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an import back."""
    return _act(request, pk, services.undo_import, "The import is being taken back.")


def _act(request: HttpRequest, pk: uuid.UUID, act: Any, words: str) -> HttpResponse:
    try:
        act(actor=request.user, job=selectors.get_import(request.user, pk))
        messages.success(request, words)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("contacts:import-detail", pk=pk)


@role_required(MANAGER)
@require_GET
def errors(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The refused rows as a file to mend and import again."""
    job = selectors.get_import(request.user, pk)
    return csv_response(lambda: refused_rows(job), name=f"refused-{job.file_name.rsplit('.', 1)[0]}.csv")
