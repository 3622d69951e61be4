"""Pages beside the list: duplicates, merging, export, saved views, custom fields."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import role_required
from contacts import custom_fields, duplicates, exporting, merging, selectors, views
from contacts.filters import ContactFilters
from contacts.models import Contact, CustomField
from contacts.search import find
from core.problems import DomainError, InvalidInput

COMPARED = (
    ("first_name", "First name"), ("last_name", "Last name"), ("email", "Email"), ("phone_number", "Phone"),
    ("company", "Company"), ("title", "Job title"), ("status", "Status"), ("owner", "Owner"), ("notes", "About"),
)  # fmt: skip
REASONS = {
    "same_phone": "Same phone number",
    "similar_name_same_company": "Similar name, same company",
    "same_name_and_email_name": "Same last name and mailbox",
}


@require_GET
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """Pairs that may be one person, the likeliest first."""
    duplicates.bring_up_to_date()
    pairs = list(duplicates.open_pairs()[:50])
    rows = [(pair, [REASONS.get(reason, reason) for reason in pair.reasons]) for pair in pairs]
    return render(request, "contacts/duplicates.html", {"pairs": rows, "total": duplicates.open_pairs().count()})


@require_POST
def duplicate_dismiss(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """They are two people."""
    duplicates.dismiss(actor=request.user, pair=duplicates.get_pair(pk))
    messages.success(request, "Kept as two people. The pair is not shown again.")
    return redirect("contacts:duplicates")


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Choose the other contact, compare field by field, merge."""
    contact = selectors.get_contact(request.user, pk)
    other = _other(request)
    if other is None or other.pk == contact.pk:
        query = request.GET.get("q", "").replace("\x00", "").strip()[:200] or contact.last_name or contact.name
        hits = [hit.contact for hit in find(query, size=12).hits if hit.contact.pk != contact.pk]
        return render(request, "contacts/merge_choose.html", {"contact": contact, "query": query, "hits": hits})
    if request.method == "POST":
        prefer = {name: request.POST[name] for name, _ in COMPARED if request.POST.get(name) in ("this", "other")}
        done = merging.merge_contacts(actor=request.user, contact=contact, other_id=other.pk, prefer=prefer)  # type: ignore[arg-type]
        words = f"{other.name} is merged into {contact.name}."
        messages.success(request, words, extra_tags=f"undo=/contacts/merges/{done.pk}/undo")
        return redirect(contact)
    fields = [
        (name, label, getattr(contact, name), getattr(other, name))
        for name, label in COMPARED
        if (getattr(contact, name) or "") != (getattr(other, name) or "")
    ]
    return render(request, "contacts/merge.html", {"contact": contact, "other": other, "fields": fields})


def _other(request: HttpRequest) -> Contact | None:
    raw = request.POST.get("other") or request.GET.get("other") or ""
    try:
        return selectors.get_contact(request.user, uuid.UUID(raw))
    except ValueError:
        return None


@require_POST
def merge_undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Split two contacts again."""
    found = merging.get_merge(pk)
    try:
        merging.undo_merge(actor=request.user, merge=found)  # type: ignore[arg-type]
        messages.success(request, "They are two contacts again.")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("contacts:detail", pk=found.kept_id)


@role_required("manager")
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """The list as it is filtered, as a file."""
    filtered: Any = ContactFilters(request.GET, queryset=Contact.objects.all())  # type: ignore[no-untyped-call]
    if not filtered.is_valid():
        raise InvalidInput("One of the filters cannot be read.")
    wanted = request.GET.get("format", "csv")
    return exporting.export_contacts(actor=request.user, queryset=filtered.qs, format=wanted)  # type: ignore[arg-type]


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """Save the list as it is shown under a name."""
    base = request.POST.get("base", "")
    base = base if base.startswith("/") and not base.startswith("//") else "/contacts"
    try:
        view = views.save_view(
            actor=request.user,  # type: ignore[arg-type]
            name=request.POST.get("name", ""),
            kind=request.POST.get("kind", "contacts")[:20],
            query=request.POST.get("query", ""),
            is_shared=request.POST.get("is_shared") == "1",
        )
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect(base)
    messages.success(request, f"The view “{view.name}” is saved.")
    return redirect(f"{base}?{view.query}&view={view.pk}")


@require_POST
def view_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Remove a view."""
    view = views.get_view(request.user, pk)
    views.delete_view(actor=request.user, view=view)  # type: ignore[arg-type]
    messages.success(request, f"The view “{view.name}” is gone.")
    return redirect(f"/{view.kind}")


@role_required("admin")
@require_http_methods(["GET", "POST"])
def field_list(request: HttpRequest) -> HttpResponse:
    """The workspace's custom fields, and a form for a new one."""
    error = ""
    if request.method == "POST":
        try:
            field = custom_fields.create_custom_field(
                actor=request.user,  # type: ignore[arg-type]
                label=request.POST.get("label", "")[:100],
                kind=request.POST.get("kind", "text"),
                choices=request.POST.get("choices", "").split(","),
            )
            messages.success(request, f"The field “{field.label}” is there, on every contact.")
            return redirect("contacts:fields")
        except DomainError as refusal:
            error = refusal.detail
    context = {"fields": CustomField.objects.all(), "kinds": CustomField.Kind.choices, "error": error}
    return render(request, "contacts/custom_fields.html", context, status=422 if error else 200)


@role_required("admin")
@require_POST
def field_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Remove a field's definition."""
    field = CustomField.objects.filter(pk=pk).first()
    if field is not None:
        custom_fields.delete_custom_field(actor=request.user, field=field)  # type: ignore[arg-type]
        messages.success(request, f"The field “{field.label}” is gone. Values that contacts hold stay with them.")
    return redirect("contacts:fields")
