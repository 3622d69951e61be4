"""Two contacts made one and split again; finding them in the first place."""

import uuid

import pytest

from contacts.models import Contact
from contacts.services import create_contact, update_contact
from leads.models import Lead
from network.models import Relationship
from notes.models import Note

pytestmark = pytest.mark.django_db
URL = "/api/v1/contacts"


@pytest.fixture
def pair(workspace):
    with workspace.scope():
        kept = create_contact(actor=None, first_name="Ada", email="ada@engines.example", tags=["VIP"], notes="Mine")
        other = create_contact(
            actor=None, first_name="Adah", last_name="Lovelace", email="al@engines.example", company="Engines",
            phone_number="+14155550134", tags=["Math"], notes="Theirs", custom_fields={"plan": "gold"},
        )  # fmt: skip
        third = create_contact(actor=None, first_name="Third", email="third@engines.example")
        lead = Lead.objects.create(contact=other, first_name="Adah")
        note = Note.objects.create(contact=other, content="About her")
        tie = Relationship.objects.create(from_contact=other, to_contact=third)
        own = Relationship.objects.create(from_contact=other, to_contact=kept)
        return {"kept": kept, "other": other, "lead": lead, "note": note, "tie": tie, "own": own}


def snapshot(workspace):
    with workspace.scope():
        fields = ("id", "first_name", "last_name", "email", "company", "phone_number", "tags", "notes", "custom_fields")
        return (
            sorted(map(str, Contact.objects.active().values_list(*fields))),
            sorted(map(str, Lead.objects.values_list("id", "contact_id"))),
            sorted(map(str, Note.objects.values_list("id", "contact_id"))),
            sorted(map(str, Relationship.objects.values_list("id", "from_contact_id", "to_contact_id"))),
        )


def merge(workspace, pair, **body):
    return workspace.api().post(f"{URL}/{pair['kept'].pk}/merge", {"other_id": str(pair["other"].pk), **body})


def test_a_merge_keeps_the_best_of_both_and_moves_what_hangs_on(workspace, pair):
    answer = merge(workspace, pair, prefer={"first_name": "other"})
    assert answer.status_code == 200, answer.content
    contact = answer.json()["contact"]
    assert (contact["first_name"], contact["last_name"], contact["email"]) == (
        "Adah",
        "Lovelace",
        "ada@engines.example",
    )
    assert contact["tags"] == ["VIP", "Math"]
    assert contact["notes"] == "Mine\n\nTheirs"
    assert contact["custom_fields"] == {"plan": "gold"}
    assert contact["phone_number"] == "+14155550134"
    with workspace.scope():
        assert Lead.objects.get().contact_id == pair["kept"].pk
        assert Note.objects.get().contact_id == pair["kept"].pk
        assert Relationship.objects.get(pk=pair["tie"].pk).from_contact_id == pair["kept"].pk
    assert workspace.api().get(f"{URL}/{pair['other'].pk}").status_code == 404


def test_an_undone_merge_leaves_everything_as_it_was(workspace, pair):
    before = snapshot(workspace)
    merge_id = merge(workspace, pair, prefer={"email": "other"}).json()["merge_id"]
    assert snapshot(workspace) != before
    answer = workspace.api().post(f"{URL}/merges/{merge_id}/undo")
    assert answer.status_code == 200, answer.content
    assert snapshot(workspace) == before
    assert workspace.api().post(f"{URL}/merges/{merge_id}/undo").status_code == 409


def test_an_undo_keeps_what_someone_changed_since(workspace, pair):
    merge_id = merge(workspace, pair).json()["merge_id"]
    with workspace.scope():
        update_contact(actor=workspace.agent, contact=pair["kept"], company="Fresh")
    kept = workspace.api().post(f"{URL}/merges/{merge_id}/undo").json()["contact"]
    assert (kept["company"], kept["last_name"]) == ("Fresh", "")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"other_id": "x"}, 400),
        ({}, 400),
        ({"other_id": str(uuid.uuid4())}, 404),
        ({"prefer": {"salary": "this"}}, 400),
        ({"prefer": {"email": "both"}}, 400),
        ({"prefer": []}, 400),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused(workspace, pair, body, status):
    if "other_id" not in body and body:
        body = {**body, "other_id": str(pair["other"].pk)}
    assert workspace.api().post(f"{URL}/{pair['kept'].pk}/merge", body).status_code == status


def test_a_contact_is_not_merged_with_itself_or_a_strangers(workspace, stranger, pair):
    own = workspace.api().post(f"{URL}/{pair['kept'].pk}/merge", {"other_id": str(pair["kept"].pk)})
    assert own.status_code == 400
    with stranger.scope():
        theirs = create_contact(actor=None, email="x@example.com")
    assert merge(workspace, {**pair, "other": theirs}).status_code == 404
    merge_id = merge(workspace, pair).json()["merge_id"]
    assert stranger.api("admin").post(f"{URL}/merges/{merge_id}/undo").status_code == 404


def duplicates(workspace):
    return workspace.api().get(f"{URL}/duplicates").json()["items"]


def test_duplicates_are_found_by_phone_and_by_name_at_a_company(workspace, stranger):
    with workspace.scope():
        a = create_contact(
            actor=None, first_name="Ada", last_name="Lovelace", phone_number="+14155550134", company="Engines"
        )
        b = create_contact(actor=None, first_name="Ada", last_name="Lovelase", email="ada@x.example", company="engines")
        c = create_contact(actor=None, first_name="Someone", email="c@x.example", phone_number="+14155550134")
        create_contact(actor=None, first_name="Bob", email="bob@x.example", company="Engines")
    found = {frozenset(c["id"] for c in item["contacts"]): item for item in duplicates(workspace)}
    assert set(found) == {frozenset((str(a.pk), str(b.pk))), frozenset((str(a.pk), str(c.pk)))}
    assert found[frozenset((str(a.pk), str(b.pk)))]["reasons"] == ["similar_name_same_company"]
    assert all(0 < item["score"] < 1 for item in found.values())
    assert stranger.api().get(f"{URL}/duplicates").json()["items"] == []


def test_a_dismissed_pair_and_a_mended_one_are_gone(workspace):
    with workspace.scope():
        a = create_contact(actor=None, first_name="Ada", phone_number="+14155550134")
        create_contact(actor=None, first_name="Bob", phone_number="+14155550134")
    item = duplicates(workspace)[0]
    assert workspace.api().post(f"{URL}/duplicates/{item['id']}/dismiss").status_code == 204
    assert duplicates(workspace) == []
    with workspace.scope():
        c = create_contact(actor=None, first_name="Carl", phone_number="+14155550134")
    assert len(duplicates(workspace)) == 2
    with workspace.scope():
        update_contact(actor=None, contact=c, phone_number="+14155550199")
    assert duplicates(workspace) == []
    assert a
