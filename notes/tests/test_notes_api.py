"""Notes over the API: write, list, edit with history, delete, search, mentions."""

import uuid

import pytest


@pytest.fixture
def lead(workspace):
    return workspace.api().post("/api/v1/leads", {"first_name": "Ada", "email": "ada@x.test"}).json()


@pytest.fixture
def notes(lead):
    return f"/api/v1/leads/{lead['id']}/notes"


def test_a_note_is_written_and_listed_newest_first(workspace, lead, notes):
    api = workspace.api()
    first = api.post(notes, {"content": "  Called, wants a quote.  "})
    assert first.status_code == 201, first.content
    body = first.json()
    assert (body["lead_id"], body["content"]) == (lead["id"], "Called, wants a quote.")
    assert body["author_id"] == str(workspace.agent.pk)
    assert {"id", "lead_id", "content", "author_id", "created_at", "updated_at"} <= set(body)
    api.post(notes, {"content": "Second"})
    assert [n["content"] for n in api.get(notes).json()["items"]] == ["Second", "Called, wants a quote."]


@pytest.mark.parametrize("content", ["", "   ", "\n\t", None, [], "x" * 20_001, "a\x00b"])
def test_a_note_without_words_or_too_long_is_refused(workspace, notes, content):
    assert workspace.api().post(notes, {"content": content}).status_code == 400


def test_a_body_without_content_is_refused(workspace, notes):
    assert workspace.api().post(notes, {}).status_code == 400
    assert workspace.api().post(notes, {"content": "x", "author_id": str(uuid.uuid4())}).status_code == 400


def test_a_note_on_an_unknown_or_deleted_lead_is_not_found(workspace, lead, notes):
    api = workspace.api()
    assert api.post(f"/api/v1/leads/{uuid.uuid4()}/notes", {"content": "x"}).status_code == 404
    api.delete(f"/api/v1/leads/{lead['id']}")
    assert api.post(notes, {"content": "x"}).status_code == 404
    assert api.get(notes).status_code == 404


def test_an_edit_keeps_what_was_said_before(workspace, notes):
    api = workspace.api()
    note = api.post(notes, {"content": "Old"}).json()
    url = f"/api/v1/notes/{note['id']}"
    assert api.patch(url, {"content": "New"}).json()["content"] == "New"
    assert api.patch(url, {"content": " "}).status_code == 400
    assert [r["content"] for r in api.get(f"{url}/history").json()["items"]] == ["Old"]


def test_a_note_can_be_pinned(workspace, notes):
    api = workspace.api()
    url = f"/api/v1/notes/{api.post(notes, {'content': 'Key'}).json()['id']}"
    assert api.patch(url, {"pinned": True}).json()["pinned_at"].endswith("Z")
    assert api.patch(url, {"pinned": False}).json()["pinned_at"] is None


def test_a_deleted_note_is_gone(workspace, notes):
    api = workspace.api()
    url = f"/api/v1/notes/{api.post(notes, {'content': 'Oops'}).json()['id']}"
    assert api.get(url).status_code == 200
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert api.get(notes).json()["total"] == 0


def test_notes_are_searched_by_words(workspace, notes):
    api = workspace.api()
    api.post(notes, {"content": "Wants a QUOTE for forty seats"})
    api.post(notes, {"content": "Left a voicemail"})
    found = api.get("/api/v1/notes?search=quote%20seat").json()
    assert [n["content"] for n in found["items"]] == ["Wants a QUOTE for forty seats"]


def test_a_note_on_a_lead_shows_on_its_contact(workspace, lead, notes):
    api = workspace.api()
    api.post(notes, {"content": "On the lead"})
    url = f"/api/v1/contacts/{lead['contact_id']}/notes"
    api.post(url, {"content": "On the contact"})
    assert [n["content"] for n in api.get(url).json()["items"]] == ["On the contact", "On the lead"]


def test_a_colleague_is_mentioned_by_name_or_email(workspace, notes):
    api = workspace.api()
    api.post(notes, {"content": "@Mara please look, mail ada@x.test"})
    api.post(notes, {"content": f"@{workspace.admin.email} and @nobody"})
    mine = api.get(f"/api/v1/notes?mentions={workspace.manager.pk}").json()["items"]
    assert [n["content"][:5] for n in mine] == ["@Mara"]
    assert api.get(f"/api/v1/notes?mentions={workspace.admin.pk}").json()["total"] == 1
    assert api.get(f"/api/v1/notes?mentions={workspace.agent.pk}").json()["total"] == 0


def test_a_stranger_meets_no_note(workspace, stranger, notes):
    url = f"/api/v1/notes/{workspace.api().post(notes, {'content': 'Ours'}).json()['id']}"
    api = stranger.api("admin")
    answers = [api.get(url), api.patch(url, {"content": "x"}), api.delete(url), api.get(f"{url}/history")]
    assert {a.status_code for a in answers} == {404}
    assert api.get("/api/v1/notes").json()["total"] == 0


def test_a_named_colleague_gets_one_mail_and_the_author_none(workspace, lead):
    from core.models import Email
    from notes.emails import tell_mentioned
    from notes.models import Note

    api = workspace.api()
    note = api.post(f"/api/v1/leads/{lead['id']}/notes", {"content": "@Mara see @Ana"}).json()
    with workspace.scope():
        named = Note.objects.get(pk=note["id"]).mentions
        for _ in range(2):
            tell_mentioned(note_id=note["id"], user_ids=[i for i in named if i != workspace.agent.pk])
        mail = Email.objects.get()
    assert mail.to == [workspace.manager.email]
    assert "@Mara see @Ana" in mail.text
