"""Editing one field where it stands: GET answers the control, POST the new value, 422 the control again."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from contacts import selectors, services
from contacts.forms import ContactForm
from contacts.models import Contact
from core.problems import DomainError, NotFound


@require_http_methods(["GET", "POST"])
def edit_field(request: HttpRequest, pk: uuid.UUID, name: str) -> HttpResponse:
    """One field of a contact; without JavaScript the whole form."""
    contact = selectors.get_contact(request.user, pk)
    if not request.headers.get("HX-Request"):
        return redirect("contacts:edit", pk=pk)
    form = ContactForm(request.POST or None, contact=contact)
    if name not in form.fields:
        raise NotFound("There is no such field.")
    for other in [n for n in form.fields if n != name]:
        del form.fields[other]
    form.kinds = {k: v for k, v in form.kinds.items() if name == f"custom_{k}"}
    if request.method == "POST" and form.is_valid() and _save(request, contact, form, name):
        contact.refresh_from_db()
        return render(
            request, "contacts/value.html", {"contact": contact, "name": name, "value": _value(contact, name)}
        )
    status = 422 if form.errors else 200
    return render(
        request, "contacts/inline.html", {"form": form, "field": form[name], "contact": contact}, status=status
    )


def _save(request: HttpRequest, contact: Contact, form: ContactForm, name: str) -> bool:
    key = "custom_fields" if name.startswith("custom_") else name
    changes: Any = {key: form.cleaned_data[key]}
    try:
        services.update_contact(actor=request.user, contact=contact, **changes)  # type: ignore[arg-type]
    except DomainError as error:
        form.show(error)
        return False
    return True


def _value(contact: Contact, name: str) -> Any:
    return (
        contact.custom_fields.get(name.removeprefix("custom_"))
        if name.startswith("custom_")
        else getattr(contact, name)
    )
