"""The settings page of the numbers calls are made from."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Role
from accounts.permissions import role_required
from calls import caller_numbers
from calls.forms import CallerNumberForm
from calls.models import CallerNumber
from core.problems import InvalidInput


@role_required(Role.MANAGER)
@require_http_methods(["GET", "POST"])
def caller_number_list(request: HttpRequest) -> HttpResponse:
    """Numbers with their limits and what they were used for; the form sets the limits of one."""
    form = CallerNumberForm(request.POST or None, initial=_initial(request.GET.get("number", "")))
    if request.method == "POST" and form.is_valid():
        try:
            row = caller_numbers.set_limits(actor=request.user, **form.cleaned_data)
        except InvalidInput as error:
            form.add_error("phone_number", error.detail)
        else:
            messages.success(request, f"The limits of {row} hold from the next call on.")
            return redirect("calls:numbers")
    context = {"form": form, "numbers": caller_numbers.numbers_in_use(), "usual": caller_numbers.Limits()}
    return render(request, "calls/caller_numbers.html", context)


def _initial(number: str) -> dict[str, object]:
    """What the form begins with: the limits of a number that was chosen from the list."""
    row = CallerNumber.objects.filter(phone_number=number[:16].replace("\x00", "")).first() if number else None
    if row is None:
        return {"phone_number": number} if number else {}
    names = ("phone_number", "label", "calls_per_day", "calls_per_hour", "calls_at_once", "is_active")
    return {name: getattr(row, name) for name in names}
