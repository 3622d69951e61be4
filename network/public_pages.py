"""Pages without sign-in: the link a referrer shares, and the connector's answer to a request."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from core.problems import NotFound
from core.scope import activate
from network.introductions import IllegalStep, step
from network.invitations import read_token
from network.models import Introduction

ANSWERS = {"yes": Introduction.Status.ACCEPTED, "no": Introduction.Status.DECLINED}


def referral_link(request: HttpRequest, code: str) -> HttpResponse:
    """Lead a visitor to the workspace's form with the code of who sent them."""
    wanted = code.strip().upper()[:16].replace("\x00", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT find_form_by_referral_code(%s)", [wanted])
        (form_key,) = cursor.fetchone()
    if not form_key:
        raise NotFound("This link leads nowhere any more.")
    return redirect(f"/forms/{form_key}?{urlencode({'ref': wanted})}")


def answer_introduction(request: HttpRequest, token: str) -> HttpResponse:
    """Show the connector what is asked of them and take a yes or no; an answer given stays."""
    tenant_id, introduction_id = read_token(token)
    activate(tenant_id)
    rows = Introduction.objects.select_related("to_contact", "via_contact", "requested_by", "tenant")
    introduction = rows.filter(pk=introduction_id).first()
    if introduction is None:
        raise NotFound("This link is not valid any more.")
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if request.method == "POST" and answer:
        try:
            introduction.status = step(introduction=introduction, status=answer).status
        except IllegalStep:
            introduction.refresh_from_db(fields=["status"])
    return render(request, "network/answer.html", {"introduction": introduction})
