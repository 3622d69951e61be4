"""The public form over the API: what it takes, what it answers, what it never tells."""

import datetime as dt
import io
import uuid
import zipfile

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from core.models import Email
from leads.models import IntakeSettings, Lead, Submission

URL = "/api/v1/public/leads"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }


@pytest.fixture
def send(workspace):
    def _send(**changes):
        body = {"form_key": workspace.form_key, "first_name": "Ada", "last_name": "King", "email": "ada@x.test"}
        body |= changes
        return APIClient().post(URL, {k: v for k, v in body.items() if v is not None}, format="multipart")

    return _send


def file(content=PDF, name="cv.pdf"):
    return SimpleUploadedFile(name, content)


def test_a_submission_becomes_a_lead_with_its_consent_and_file(workspace, send):
    answer = send(phone_number="(415) 555-0134", company="Acme", message="Call me", consent="true", resume=file())
    assert answer.status_code == 201, answer.content
    assert set(answer.json()) == {"id", "edit_token"}
    with workspace.scope():
        lead = Lead.objects.get(pk=answer.json()["id"])
        assert (lead.phone_number, lead.source, lead.message) == ("+14155550134", "web form", "Call me")
        given = Submission.objects.get(lead=lead)
        form = IntakeSettings.objects.get()
        assert (given.consent, given.consent_wording) == (True, form.consent_wording)
        assert (given.consent_version, given.address) == (form.consent_version, "127.0.0.1")
    shown = workspace.api().get(f"/api/v1/leads/{lead.pk}").json()
    assert (shown["has_resume"], shown["consent"]) == (True, True)
    download = workspace.api().get(f"/api/v1/leads/{lead.pk}/resume")
    assert download.status_code == 200
    assert b"".join(download.streaming_content) == PDF
    assert download["Content-Disposition"].startswith('attachment; filename="cv.pdf"')


def test_the_file_is_for_the_workspace_only(workspace, stranger, send):
    lead = send(resume=file()).json()["id"]
    assert stranger.api("admin").get(f"/api/v1/leads/{lead}/resume").status_code == 404
    assert APIClient().get(f"/api/v1/leads/{lead}/resume").status_code == 401


def test_a_stored_file_has_a_generated_name_with_its_extension_and_goes_with_the_lead(
    workspace, send, django_capture_on_commit_callbacks
):
    lead_id = send(resume=file(name="../../evil name.PDF")).json()["id"]
    with workspace.scope():
        lead = Lead.objects.get(pk=lead_id)
    assert lead.resume.startswith(f"{workspace.id}/resumes/")
    assert lead.resume.endswith(".pdf")
    assert "evil" not in lead.resume
    assert lead.resume_name == "evil name.PDF"
    with django_capture_on_commit_callbacks(execute=True):
        assert workspace.api("admin").delete(f"/api/v1/leads/{lead_id}?purge=true").status_code == 204
    assert not default_storage.exists(lead.resume)


def test_a_known_email_is_answered_like_an_unknown_one(workspace, send):
    first, second = send(), send()
    assert first.status_code == second.status_code == 201
    assert set(first.json()) == set(second.json())
    with workspace.scope():
        assert Lead.objects.count() == 2
        assert len({lead.contact_id for lead in Lead.objects.all()}) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"form_key": "unknown"}, 404),
        ({"form_key": None}, 400),
        ({"first_name": ""}, 400),
        ({"last_name": None}, 400),
        ({"first_name": "x" * 129}, 400),
        ({"email": "nonsense"}, 400),
        ({"email": None}, 400),
        ({"phone_number": "call me"}, 400),
        ({"consent": "perhaps"}, 400),
        ({"is_admin": "true"}, 400),
        ({"message": "x" * 20_001}, 400),
        ({"resume": "a text, no file"}, 400),
    ],
)
def test_a_bad_submission_is_refused_and_leaves_nothing(workspace, send, changes, status):
    assert send(**changes).status_code == status
    with workspace.scope():
        assert not Lead.objects.exists()


def _docx(size=0):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"<w:document>" + b" " * size)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("upload", "status"),
    [
        (lambda: file(b"<html><script>1</script></html>", "cv.pdf"), 415),
        (lambda: file(b"<svg/>", "cv.svg"), 415),
        (lambda: file(b"MZ\x90\x00", "cv.docx"), 415),
        (lambda: file(PDF + _docx(), "cv.pdf"), 415),
        (lambda: file(b"print(1)", "../../x.py"), 415),
        (lambda: file(b"", "cv.pdf"), 400),
        (lambda: file(PDF + b" " * (11 * 1024 * 1024), "cv.pdf"), 413),
        (lambda: file(_docx(150 * 1024 * 1024), "cv.docx"), 413),
        (lambda: file(b"Plain words", "cv.txt"), 201),
        (lambda: file(PDF, "n" * 296 + ".pdf"), 201),
    ],
)
def test_a_file_is_judged_by_its_content(workspace, send, upload, status, tmp_path):
    answer = send(resume=upload())
    assert answer.status_code == status, answer.content
    assert len([p for p in tmp_path.rglob("*") if p.is_file()]) == (1 if status == 201 else 0)
    with workspace.scope():
        assert Lead.objects.count() == (1 if status == 201 else 0)


def test_other_content_types_are_not_taken(workspace):
    answer = APIClient().post(URL, {"form_key": workspace.form_key}, format="json")
    assert answer.status_code == 415


def test_a_filled_trap_is_answered_like_a_person_and_dropped(workspace, send):
    answer = send(website="https://spam.test")
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "edit_token"}
    with workspace.scope():
        assert not Lead.objects.exists()


def test_the_sender_changes_the_submission_with_the_token(workspace, send):
    made = send().json()
    answer = APIClient().put(
        f"{URL}/{made['id']}",
        {"edit_token": made["edit_token"], "company": "Acme", "resume": file()},
        format="multipart",
    )
    assert answer.status_code == 200, answer.content
    assert (answer.json()["company"], answer.json()["has_resume"]) == ("Acme", True)
    shown = workspace.api().get(f"/api/v1/leads/{made['id']}").json()
    assert (shown["first_name"], shown["company"]) == ("Ada", "Acme")


def test_a_consent_taken_back_is_recorded(workspace, send):
    made = send(consent="true").json()
    body = {"edit_token": made["edit_token"], "consent": False}
    assert APIClient().put(f"{URL}/{made['id']}", body, format="json").json()["consent"] is False
    with workspace.scope():
        assert [s.consent for s in Submission.objects.order_by("submitted_at")] == [True, False]


def test_a_wrong_expired_or_foreign_token_is_not_found(workspace, send):
    one, two = send().json(), send(email="b@x.test").json()

    def put(lead_id, token):
        return APIClient().put(f"{URL}/{lead_id}", {"edit_token": token, "company": "x"}, format="json").status_code

    assert put(one["id"], two["edit_token"]) == 404
    assert put(one["id"], one["edit_token"][:-1] + ("A" if one["edit_token"][-1] != "A" else "B")) == 404
    assert put(one["id"], "garbage") == 404
    assert put(uuid.uuid4(), one["edit_token"]) == 404
    assert put("no-id", one["edit_token"]) == 404
    assert put(one["id"], "") == 400
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=73)):
        assert put(one["id"], one["edit_token"]) == 404
    assert put(one["id"], one["edit_token"]) == 200


def test_a_submission_takes_few_statements_and_no_lock_without_turns(
    workspace, send, django_capture_on_commit_callbacks
):
    send(email="first@x.test")
    with CaptureQueriesContext(connection) as seen, django_capture_on_commit_callbacks():
        assert send().status_code == 201
    statements = [q["sql"] for q in seen if "SAVEPOINT" not in q["sql"]]
    assert len(statements) <= 14, statements
    assert not [s for s in statements if "FOR UPDATE" in s]


def test_the_eleventh_submission_in_a_minute_waits(workspace, send):
    codes = [send(email=f"{n}@x.test").status_code for n in range(11)]
    assert codes == [201] * 10 + [429]
    answer = send()
    assert int(answer["Retry-After"]) > 0


def test_a_forged_forwarded_address_does_not_get_around_the_limit(workspace):
    client, codes = APIClient(), []
    for n in range(12):
        body = {"form_key": workspace.form_key, "first_name": "A", "last_name": "B", "email": f"{n}@x.test"}
        codes.append(
            client.post(URL, body, format="multipart", headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        )
    assert codes[-2:] == [429, 429]


@pytest.fixture
def no_redis(monkeypatch, settings):
    from core import rates

    monkeypatch.setattr(rates, "_client", None)
    settings.CACHE_URL = "unix:///nonexistent/redis.sock"


def test_the_limit_over_all_forms_holds_while_redis_is_away(workspace, stranger, send, no_redis, settings):
    settings.INTAKE_RATE_PER_ADDRESS = "3/min"
    codes = [send(form_key=w.form_key, email="a@x.test").status_code for w in (workspace, stranger) * 2]
    assert codes == [201, 201, 201, 429]


def test_the_limit_holds_while_redis_is_away(workspace, send, no_redis):
    codes = [send(email=f"{n}@x.test").status_code for n in range(11)]
    assert codes == [201] * 10 + [429]


def test_the_same_key_makes_one_lead(workspace):
    body = {"form_key": workspace.form_key, "first_name": "A", "last_name": "B", "email": "a@x.test"}
    answers = [APIClient().post(URL, body, format="multipart", headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotent-Replayed"] == "true"


def test_team_and_sender_get_a_mail_once_each(workspace, send):
    send(consent="true")
    with workspace.scope():
        mails = {m.kind: m for m in Email.objects.all()}
    assert set(mails) == {"lead_received", "lead_confirmation"}
    assert mails["lead_received"].to == [workspace.admin.email]
    assert mails["lead_received"].reply_to == "ada@x.test"
    assert mails["lead_confirmation"].to == ["ada@x.test"]


def test_what_a_visitor_types_does_not_travel_to_the_address_they_name(workspace, send):
    send(first_name="http://spam.test", message="Buy at spam.test")
    with workspace.scope():
        mail = Email.objects.get(kind="lead_confirmation")
    assert "spam.test" not in mail.text + mail.html + mail.subject


def test_leads_are_handed_out_in_turns(workspace, send):
    with workspace.scope():
        from leads.intake_settings import update_intake_settings

        turns = [workspace.agent.pk, workspace.manager.pk]
        update_intake_settings(actor=workspace.admin, changes={"assignment": "round_robin", "assignee_ids": turns})
    owners = []
    for n in range(3):
        lead = send(email=f"{n}@x.test").json()["id"]
        owners.append(workspace.api().get(f"/api/v1/leads/{lead}").json()["owner_id"])
    assert owners == [str(turns[0]), str(turns[1]), str(turns[0])]


@override_settings(INTAKE_RATE_PER_FORM_AND_ADDRESS="1000/min", INTAKE_RATE_PER_ADDRESS="2/min")
def test_one_address_is_limited_over_all_forms(workspace, stranger, send):
    send()
    assert send(form_key=stranger.form_key).status_code == 201
    assert send().status_code == 429


def test_a_referral_is_credited_to_the_owner_of_the_code_and_converts_with_the_lead(workspace, send):
    from contacts.models import Contact
    from network.models import Referral

    with workspace.scope():
        referrer = Contact.objects.create(first_name="Rita", email="rita@x.test")
    lead = send(ref=referrer.referral_code.lower()).json()["id"]
    with workspace.scope():
        referral = Referral.objects.get()
        assert (referral.referrer, str(referral.lead_id), referral.converted_at) == (referrer, lead, None)
    api = workspace.api()
    for state in ("qualified", "converted"):
        api.patch(f"/api/v1/leads/{lead}/state", {"state": state})
    with workspace.scope():
        assert Referral.objects.get().converted_at is not None


def test_ones_own_code_and_an_unknown_code_credit_nobody(workspace, send):
    from contacts.models import Contact
    from network.models import Referral

    with workspace.scope():
        own = Contact.objects.create(first_name="Ada", email="ada@x.test")
    assert send(ref=own.referral_code).status_code == 201
    assert send(ref="NOBODY").status_code == 201
    with workspace.scope():
        assert not Referral.objects.exists()
