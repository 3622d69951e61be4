"""Pages of contacts: the list, one contact, forms, the trash."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import role_required
from contacts import bulk, selectors, services
from contacts.bulk_page import BulkPage, show_bulk
from contacts.custom_fields import field_kinds
from contacts.filters import FILTER_NAMES, ContactFilters
from contacts.forms import ContactForm
from contacts.listing import Column, build_listing
from contacts.models import Contact, Tag
from contacts.search import mark_finds
from contacts.timeline import timeline_of
from core.api import etag_of
from core.problems import DomainError, NotFound

COLUMNS = (
    Column("company", "Company", "company"),
    Column("title", "Title"),
    Column("phone_number", "Phone", width="lg", hide_small=False),
    Column("email", "Email", width="lg"),
    Column("status", "Status", hide_small=False),
    Column("tags", "Tags", width="lg"),
    Column("owner", "Owner"),
    Column("referral_code", "Referral code"),
    Column("created_at", "Added", "created_at", width="sm"),
    Column("updated_at", "Changed", "updated_at", width="sm"),
)
USUAL = ("company", "title", "phone_number", "status", "tags", "owner", "created_at")
ORDERINGS = ("first_name", "last_name", "company", "email", "status", "created_at", "updated_at")
LABELS = {
    "search": "Search", "status": "Status", "tag": "Tag", "tags_all": "All tags", "company": "Company",
    "owner": "Owner", "email": "Email", "phone_number": "Phone", "created_after": "Added since",
    "created_before": "Added before", "updated_after": "Changed since", "custom": "Field",
}  # fmt: skip


@require_GET
def contact_list(request: HttpRequest) -> HttpResponse:
    """Contacts, narrowed down by the address; further rows come by cursor."""
    people = selectors.people()
    rows = Contact.objects.select_related("owner").order_by("-created_at", "-id")
    listing = build_listing(
        request,
        kind="contacts",
        filterset=ContactFilters(request.GET, queryset=rows),  # type: ignore[no-untyped-call]
        columns=COLUMNS,
        usual=USUAL,
        orderings=ORDERINGS,
        labels=LABELS,
        words={"owner": dict(people), "status": dict(Contact.Status.choices)},
    )
    mark_finds(listing.rows, request.GET.get("search", ""))
    context = {"listing": listing, "people": people, "statuses": Contact.Status.choices}
    if request.headers.get("HX-Request") and request.GET.get("cursor"):
        return render(request, "contacts/rows.html", context)
    context |= {"tags": list(Tag.objects.all()[:200]), "custom_choices": _custom_choices(request)}
    return render(request, "contacts/contact_list.html", context)


def _custom_choices(request: HttpRequest) -> list[tuple[str, list[tuple[str, str]], str]]:
    """(label, choices, chosen) of the custom fields that have a few known values."""
    chosen = set(request.GET.getlist("custom"))
    fields = []
    for key, kind in field_kinds().items():
        values = kind.choices or (["yes", "no"] if kind.kind == "boolean" else [])
        if values:
            pairs = [(f"{key}:{value}", value) for value in values]
            fields.append((kind.label, pairs, next((pair for pair, _ in pairs if pair in chosen), "")))
    return fields


@require_GET
def trash(request: HttpRequest) -> HttpResponse:
    """Contacts in the trash, the last one thrown first."""
    rows = Contact.objects.deleted().order_by("-deleted_at")[:200]
    return render(request, "contacts/trash.html", {"contacts": rows})


@require_GET
def contact_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One contact; the address of a merged one leads to the one that was kept."""
    try:
        contact = selectors.get_contact(request.user, pk)
    except NotFound:
        kept = selectors.merged_into(pk)
        if kept is None:
            raise
        return redirect(kept)
    tab = request.GET.get("tab", "activity")
    kinds = ("change", "status", "trash", "merge") if tab == "history" else ()
    context = {
        "contact": contact,
        "tab": tab,
        "at": {tab: True},
        "events": timeline_of(contact, kinds=kinds) if tab in ("activity", "history") else [],
        "local": selectors.local_time(contact),
        "custom": _custom_rows(contact),
    }
    return render(request, "contacts/contact_detail.html", context)


def _custom_rows(contact: Contact) -> list[tuple[str, str, Any]]:
    """(key, label, value) of the custom fields: the defined ones first, then what else is there."""
    kinds = field_kinds()
    rows = [(key, kind.label, contact.custom_fields.get(key)) for key, kind in kinds.items()]
    return rows + [(k, k.replace("_", " ").capitalize(), v) for k, v in contact.custom_fields.items() if k not in kinds]


@require_http_methods(["GET", "POST"])
def contact_new(request: HttpRequest) -> HttpResponse:
    """Make a contact."""
    form = ContactForm(request.POST or None, initial={"status": "lead"})
    if request.method == "POST" and form.is_valid():
        try:
            contact = services.create_contact(actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
        except DomainError as error:
            form.show(error)
            return _form(request, form, None, error, status=422)
        messages.success(request, f"{contact.name} was added.")
        return redirect(contact)
    return _form(request, form, None, status=422 if form.errors else 200)


def _form(
    request: HttpRequest,
    form: ContactForm,
    contact: Contact | None,
    error: DomainError | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "contact": contact, "existing": (error.extra if error else {}).get("existing_id")}
    if contact is not None:
        context["etag"] = request.POST.get("etag") or etag_of(contact)
    return render(request, "contacts/contact_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def contact_edit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a contact; a second edit of the same version is shown beside the first."""
    contact = selectors.get_contact(request.user, pk)
    form = ContactForm(request.POST or None, contact=contact)
    if request.method == "POST" and form.is_valid():
        if request.POST.get("etag") not in (None, "", etag_of(contact)):
            return _conflict(request, contact, form)
        try:
            services.update_contact(actor=request.user, contact=contact, **form.cleaned_data)  # type: ignore[arg-type]
        except DomainError as error:
            form.show(error)
            return _form(request, form, contact, error, status=422)
        messages.success(request, "Saved.")
        return redirect(contact)
    return _form(request, form, contact, status=422 if form.errors else 200)


def _conflict(request: HttpRequest, contact: Contact, form: ContactForm) -> HttpResponse:
    """Both versions side by side; what is chosen is posted to `contact_resolve`."""
    now = ContactForm(contact=contact)
    fields = []
    for name, field in form.fields.items():
        theirs, mine = str(now[name].value() or ""), str(form[name].value() or "")
        if theirs != mine:
            fields.append(
                {
                    "name": name,
                    "label": field.label or name.replace("_", " ").capitalize(),
                    "theirs": theirs,
                    "mine": mine,
                }
            )
    same = [(n, str(now[n].value() or "")) for n in form.fields if n not in {f["name"] for f in fields}]
    last = contact.changes.select_related("actor").first()
    context = {
        "record": contact.name,
        "record_url": contact.get_absolute_url(),
        "changed_by": str(last.actor or last.actor_name) if last else "",
        "changed_at": contact.updated_at,
        "fields": fields,
        "hidden": same,
        "action": f"/contacts/{contact.pk}/resolve",
        "etag": etag_of(contact),
    }
    return render(request, "errors/412.html", context, status=412)


@require_POST
def contact_resolve(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Save what was chosen of two versions."""
    data = request.POST.copy()
    for name in [n.removeprefix("choose-") for n in request.POST if n.startswith("choose-")]:
        data[name] = request.POST.get(f"{request.POST[f'choose-{name}']}-{name}", "")
    request.POST = data  # type: ignore[assignment]
    return contact_edit(request, pk)


@require_POST
def contact_delete(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Move a contact to the trash."""
    contact = selectors.get_contact(request.user, pk)
    services.delete_contact(actor=request.user, contact=contact)  # type: ignore[arg-type]
    messages.success(request, f"{contact.name} is in the trash.", extra_tags=f"undo=/contacts/{pk}/restore")
    return redirect("contacts:list")


@require_POST
def contact_restore(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a contact out of the trash."""
    contact = selectors.get_contact(request.user, pk, deleted=True)
    try:
        services.restore_contact(actor=request.user, contact=contact)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, f"{contact.name} cannot come back: {error.detail}")
        return redirect("contacts:trash")
    messages.success(request, f"{contact.name} is back.")
    return redirect(contact)


@require_POST
def contact_bulk(request: HttpRequest) -> HttpResponse:
    """One act on the ticked contacts, or on all that match the filters."""
    action = request.POST.get("action", "")
    everything = request.POST.get("scope") == "matching"
    back = f"/contacts?{request.POST.get('query', '')}".rstrip("?")
    names = set(FILTER_NAMES)
    filters = {n: v for n, v in QueryDict(request.POST.get("query", "")).lists() if n in names}
    try:
        act = bulk.bulk_change(
            actor=request.user,  # type: ignore[arg-type]
            action=action,
            value=request.POST.get(f"value_{action}"),
            ids=None if everything else [uuid.UUID(i) for i in request.POST.getlist("ids")],
            filters=filters if everything else None,
        )
    except (DomainError, ValueError) as error:
        messages.error(request, getattr(error, "detail", "Tick some contacts first."))
        return redirect(back)
    if act.status == "running":
        return redirect("contacts:bulk-detail", pk=act.pk)
    messages.success(request, f"{act.total:,} contacts changed.", extra_tags=f"undo=/contacts/bulk/{act.pk}/undo")
    return redirect(back)


@require_GET
def bulk_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """How far a bulk action is, and its undo."""
    act = bulk.get_bulk_action(request.user, pk)
    return show_bulk(
        request,
        BulkPage(
            words=bulk.describe(act),
            noun="contacts",
            back=reverse("contacts:list"),
            address=reverse("contacts:bulk-detail", args=[pk]),
            status=act.status,
            total=act.total,
            done=act.done,
            steps=act.total,
            result=bulk.result_of(act),
            undo=reverse("contacts:bulk-undo", args=[pk]) if act.status == "completed" else "",
        ),
    )


@require_POST
def bulk_undo(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Take a bulk action back."""
    try:
        act = bulk.undo(actor=request.user, act=bulk.get_bulk_action(request.user, pk))  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("contacts:list")
    if act.status == "undoing":
        return redirect("contacts:bulk-detail", pk=act.pk)
    kept = f" {act.kept:,} stay, because someone changed them since." if act.kept else ""
    messages.success(request, f"{act.done - act.kept:,} changes were taken back.{kept}")
    return redirect("contacts:list")


@role_required("admin")
@require_POST
def contact_purge(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Erase a contact for good."""
    contact = selectors.get_contact(request.user, pk, deleted=True)
    services.purge_contact(actor=request.user, contact=contact)  # type: ignore[arg-type]
    messages.success(request, "The contact and all that hung on it are erased.")
    return redirect("contacts:trash")
