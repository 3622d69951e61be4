"""The graph and referral calls of the contract."""

import itertools
import uuid

import pytest
from django.db import transaction
from django.db.models.functions import Now
from rest_framework.test import APIClient

from contacts.models import Contact
from core.models import Email
from network.graph import find_paths
from network.models import Referral
from network.referrals import credit_referral, mark_converted

pytestmark = pytest.mark.django_db


def people(workspace, *names):
    with workspace.scope():
        return [Contact.objects.create(first_name=n, email=f"{n.lower()}@people.test", company="Acme") for n in names]


def tie(api, one, other, **values):
    body = {"from_contact_id": str(one.pk), "to_contact_id": str(other.pk), **values}
    return api.post("/api/v1/relationships", body, format="json")


def test_a_tie_is_made_with_the_defaults_of_the_contract(workspace):
    ann, bob = people(workspace, "Ann", "Bob")
    answer = tie(workspace.api(), ann, bob)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["from_contact_id"], body["to_contact_id"]) == (str(ann.pk), str(bob.pk))
    assert (body["strength"], body["mutual"]) == (0.5, True)
    assert answer["ETag"]
    assert body["created_at"].endswith("Z")


def test_a_tie_is_read_changed_listed_and_ended(workspace):
    api = workspace.api()
    ann, bob = people(workspace, "Ann", "Bob")
    url = f"/api/v1/relationships/{tie(api, ann, bob).json()['id']}"
    changed = api.patch(url, {"strength": 0.756, "mutual": False}, format="json")
    assert (changed.status_code, changed.json()["strength"], changed.json()["mutual"]) == (200, 0.76, False)
    assert api.get(url).json()["strength"] == 0.76
    listed = api.get("/api/v1/relationships", {"contact": str(bob.pk)}).json()
    assert (listed["total"], listed["items"][0]["from_contact_id"]) == (1, str(ann.pk))
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def test_a_tie_to_itself_is_refused(workspace):
    (ann,) = people(workspace, "Ann")
    assert tie(workspace.api(), ann, ann).status_code == 400


def test_a_tie_is_made_once_in_either_direction_when_it_is_mutual(workspace):
    api = workspace.api()
    ann, bob = people(workspace, "Ann", "Bob")
    first = tie(api, ann, bob).json()
    for again in (tie(api, ann, bob), tie(api, bob, ann), tie(api, bob, ann, mutual=False)):
        assert again.status_code == 409
        assert again.json()["existing_id"] == first["id"]


def test_two_directed_ties_may_face_each_other_until_one_becomes_mutual(workspace):
    api = workspace.api()
    ann, bob = people(workspace, "Ann", "Bob")
    first = tie(api, ann, bob, mutual=False).json()
    assert tie(api, bob, ann, mutual=False).status_code == 201
    assert api.patch(f"/api/v1/relationships/{first['id']}", {"mutual": True}, format="json").status_code == 409


@pytest.mark.parametrize(
    "values",
    [{"strength": 1.01}, {"strength": -0.1}, {"strength": "0.5"}, {"strength": True}, {"mutual": "yes"}, {"x": 1},
     {"from_contact_id": "nobody"}, {"from_contact_id": 5}, {"from_contact_id": None}],
)  # fmt: skip
def test_a_tie_with_a_wrong_member_is_refused(workspace, values):
    ann, bob = people(workspace, "Ann", "Bob")
    assert tie(workspace.api(), ann, bob, **values).status_code == 400


def test_a_tie_to_an_unknown_foreign_or_deleted_contact_is_not_found(workspace, stranger):
    api = workspace.api()
    ann, bob = people(workspace, "Ann", "Bob")
    (foreign,) = people(stranger, "Zoe")
    assert tie(api, ann, foreign).status_code == 404
    assert tie(api, ann, Contact(id=uuid.uuid4())).status_code == 404
    api.delete(f"/api/v1/contacts/{bob.pk}")
    assert tie(api, ann, bob).status_code == 404


def path(api, one, other, **params):
    return api.get("/api/v1/graph/path", {"from": str(one.pk), "to": str(other.pk), **params})


def test_the_path_has_the_fewest_hops_and_then_the_largest_product(workspace):
    api = workspace.api()
    ann, bob, cat, dan = people(workspace, "Ann", "Bob", "Cat", "Dan")
    for one, other, strength in ((ann, bob, 0.9), (bob, dan, 0.9), (ann, cat, 1), (cat, dan, 0.5), (bob, cat, 1)):
        assert tie(api, one, other, strength=strength).status_code == 201
    body = path(api, ann, dan).json()
    assert [c["name"] for c in body["path"]["contacts"]] == ["Ann", "Bob", "Dan"]
    assert (body["path"]["hops"], body["path"]["strength"]) == (2, 0.81)
    others = [[c["name"] for c in p["contacts"]] for p in body["alternatives"]]
    assert others == [["Ann", "Cat", "Dan"], ["Ann", "Cat", "Bob", "Dan"], ["Ann", "Bob", "Cat", "Dan"]]
    assert path(api, ann, dan, alternatives=1).json()["alternatives"] == body["alternatives"][:1]


def test_a_path_follows_directed_ties_only_as_stored(workspace):
    api = workspace.api()
    ann, bob = people(workspace, "Ann", "Bob")
    tie(api, ann, bob, mutual=False)
    assert path(api, ann, bob).json()["path"]["hops"] == 1
    assert path(api, bob, ann).json() == {"path": None, "alternatives": []}


def test_a_path_ends_at_the_depth_asked_for_and_at_four_hops(workspace):
    api = workspace.api()
    line = people(workspace, "A", "B", "C", "D", "E", "F")
    for one, other in itertools.pairwise(line):
        tie(api, one, other)
    assert path(api, line[0], line[4]).json()["path"]["hops"] == 4
    assert path(api, line[0], line[4], max_depth=3).json()["path"] is None
    assert path(api, line[0], line[5]).json()["path"] is None


def test_a_path_is_never_answered_from_an_old_world(workspace):
    api = workspace.api()
    ann, bob, cat = people(workspace, "Ann", "Bob", "Cat")
    tie(api, ann, bob)
    second = tie(api, bob, cat).json()
    assert path(api, ann, cat).json()["path"]["hops"] == 2
    api.delete(f"/api/v1/contacts/{bob.pk}")
    assert path(api, ann, cat).json()["path"] is None
    api.post(f"/api/v1/contacts/{bob.pk}/restore")
    assert path(api, ann, cat).json()["path"]["strength"] == 0.25
    api.patch(f"/api/v1/relationships/{second['id']}", {"strength": 0.8}, format="json")
    assert path(api, ann, cat).json()["path"]["strength"] == 0.4
    api.delete(f"/api/v1/relationships/{second['id']}")
    assert path(api, ann, cat).json()["path"] is None


def test_a_kept_path_never_outlives_contacts_that_are_trashed_one_after_the_other(workspace):
    api = workspace.api()
    ann, bob, cat, dan = people(workspace, "Ann", "Bob", "Cat", "Dan")
    for one, other in ((ann, bob), (bob, dan), (ann, cat), (cat, dan)):
        tie(api, one, other)
    with workspace.scope():
        seen = []
        for gone in (None, bob, cat):
            Contact.objects.filter(pk=gone.pk if gone else None).update(deleted_at=Now())
            seen.append(len(find_paths(from_id=ann.pk, to_id=dan.pk, alternatives=3)))
        try:
            with transaction.atomic():
                Contact.objects.filter(pk=cat.pk).update(deleted_at=None)
                seen.append(len(find_paths(from_id=ann.pk, to_id=dan.pk, alternatives=3)))
                raise LookupError
        except LookupError:
            seen.append(len(find_paths(from_id=ann.pk, to_id=dan.pk, alternatives=3)))
        Contact.objects.filter(pk__in=[bob.pk, cat.pk]).update(deleted_at=None)
        seen.append(len(find_paths(from_id=ann.pk, to_id=dan.pk, alternatives=3)))
    assert seen == [2, 1, 0, 1, 0, 2]


@pytest.mark.parametrize(
    "params", [{"max_depth": 0}, {"max_depth": 5}, {"max_depth": "x"}, {"alternatives": -1}, {"from": "x"}, {"y": 1}]
)
def test_a_path_with_a_wrong_parameter_is_refused(workspace, params):
    ann, bob = people(workspace, "Ann", "Bob")
    assert path(workspace.api(), ann, bob, **params).status_code == 400


def test_a_path_to_an_unknown_contact_is_not_found_and_to_itself_has_no_hops(workspace, stranger):
    api = workspace.api()
    (ann,), (foreign,) = people(workspace, "Ann"), people(stranger, "Zoe")
    assert path(api, ann, foreign).status_code == 404
    assert path(api, Contact(id=uuid.uuid4()), ann).status_code == 404
    assert path(api, ann, ann).json()["path"]["hops"] == 0


def test_a_network_tells_depth_and_ties_and_when_it_was_cut(workspace):
    api = workspace.api()
    ann, bob, cat, dan = people(workspace, "Ann", "Bob", "Cat", "Dan")
    for one, other in ((ann, bob), (bob, cat), (cat, dan), (ann, cat)):
        tie(api, one, other)
    url = f"/api/v1/graph/network/{ann.pk}"
    body = api.get(url, {"depth": 1}).json()
    assert {n["name"]: n["depth"] for n in body["nodes"]} == {"Ann": 0, "Bob": 1, "Cat": 1}
    assert (len(body["links"]), body["truncated"]) == (3, False)
    whole = api.get(url, {"depth": 3}).json()
    assert {n["name"]: n["depth"] for n in whole["nodes"]}["Dan"] == 2
    cut = api.get(url, {"depth": 3, "limit": 2}).json()
    assert (len(cut["nodes"]), cut["truncated"]) == (2, True)
    assert api.get(url, {"depth": 4}).status_code == 400
    assert api.get(url, {"limit": 0}).status_code == 400


def introduce(api, to, via, message="Please"):
    body = {"to_contact_id": str(to.pk), "via_contact_id": str(via.pk), "message": message}
    return api.post("/api/v1/graph/introduce", body, format="json")


def test_an_introduction_mails_the_connector_and_takes_only_legal_steps(workspace):
    api = workspace.api()
    ann, bob = people(workspace, "Ann", "Bob")
    made = introduce(api, ann, bob)
    assert (made.status_code, made.json()["status"]) == (201, "requested")
    with workspace.scope():
        mail = Email.objects.get(kind="introduction_request")
        assert mail.to == ["bob@people.test"]
        assert "/i/" in mail.text
    url = f"/api/v1/graph/introductions/{made.json()['id']}"
    assert api.post(f"{url}/complete").status_code == 409
    assert api.post(f"{url}/accept").json()["status"] == "accepted"
    assert api.post(f"{url}/accept").status_code == 409
    assert api.post(f"{url}/decline").status_code == 409
    assert api.post(f"{url}/complete", {"outcome": "They met."}, format="json").json()["outcome"] == "They met."
    assert api.get("/api/v1/graph/introductions", {"status": "completed"}).json()["total"] == 1
    assert path(api, bob, ann).json()["path"]["hops"] == 1


def test_an_introduction_with_unknown_people_or_by_oneself_is_refused(workspace, stranger):
    api = workspace.api()
    (ann,), (foreign,) = people(workspace, "Ann"), people(stranger, "Zoe")
    assert introduce(api, ann, foreign).status_code == 404
    assert introduce(api, ann, ann).status_code == 400


def test_referrals_are_counted_ranked_and_converted(workspace):
    api = workspace.api()
    ann, bob, *rest = people(workspace, "Ann", "Bob", "C", "D", "E")
    leads = [uuid.uuid4() for _ in rest]
    with workspace.scope():
        for person, lead_id, referrer in zip(rest, leads, (ann, ann, bob), strict=True):
            assert credit_referral(code=referrer.referral_code, contact=person, lead_id=lead_id, source="form")
        assert mark_converted(lead_id=leads[0]) == 1
    stats = api.get("/api/v1/viral/stats", {"period": "7d"}).json()
    assert (stats["referrals"], stats["converted"], stats["active_referrers"]) == (3, 1, 2)
    assert (stats["conversion_rate"], stats["viral_coefficient"]) == (0.3333, 0.5)
    assert (len(stats["by_day"]), stats["by_day"][-1]["referrals"]) == (7, 3)
    board = api.get("/api/v1/viral/leaderboard", {"period": "all", "limit": 1}).json()
    assert board["items"] == [{"rank": 1, "contact_id": str(ann.pk), "name": "Ann", "referrals": 2, "converted": 1}]
    assert board["total"] == 2
    assert api.get("/api/v1/viral/stats", {"period": "1d"}).status_code == 400
    assert api.get("/api/v1/viral/leaderboard", {"limit": 0}).status_code == 400


def test_equal_numbers_of_referrals_share_a_rank(workspace):
    ann, bob, cat, *rest = people(workspace, "Ann", "Bob", "Cat", "D", "E", "F", "G")
    with workspace.scope():
        for person, referrer in zip(rest, (ann, ann, bob, cat), strict=True):
            credit_referral(code=referrer.referral_code.lower(), contact=person, lead_id=None, source="form")
        bob_again = Contact.objects.create(first_name="H", email="h@people.test")
        credit_referral(code=bob.referral_code, contact=bob_again, lead_id=None, source="form")
    items = workspace.api().get("/api/v1/viral/leaderboard").json()["items"]
    assert [(i["name"], i["rank"]) for i in items] == [("Ann", 1), ("Bob", 1), ("Cat", 3)]


def test_a_referral_of_oneself_by_a_stranger_twice_or_in_a_circle_is_not_credited(workspace):
    ann, bob, cat = people(workspace, "Ann", "Bob", "Cat")
    with workspace.scope():
        twin = Contact.objects.create(first_name="Ann", phone_number="+12025550100")
        Contact.objects.filter(pk=ann.pk).update(phone_number="+12025550100")

        def credit(referrer, person):
            return credit_referral(code=referrer.referral_code, contact=person, lead_id=None, source="form")

        assert credit(ann, ann) is None
        assert credit(ann, twin) is None
        assert credit_referral(code="NOBODY", contact=bob, lead_id=None, source="form") is None
        assert credit(ann, bob)
        assert credit(cat, bob) is None
        assert credit(bob, cat)
        assert credit(cat, ann) is None
        assert Referral.objects.count() == 2


def test_a_public_lead_with_a_code_is_credited_and_converts_with_its_lead(workspace):
    api = workspace.api()
    (ann,) = people(workspace, "Ann")
    body = {"first_name": "New", "last_name": "Person", "email": "new@person.test", "form_key": workspace.form_key}
    sent = APIClient().post("/api/v1/public/leads", {**body, "ref": ann.referral_code}, format="multipart")
    assert sent.status_code == 201, sent.content
    for state in ("reached_out", "qualified", "converted"):
        moved = api.patch(f"/api/v1/leads/{sent.json()['id']}/state", {"state": state}, format="json")
        assert moved.status_code == 200
    stats = api.get("/api/v1/viral/stats").json()
    assert (stats["referrals"], stats["converted"]) == (1, 1)
