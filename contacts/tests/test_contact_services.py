"""Making, matching and removing contacts."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from contacts import services
from contacts.models import Contact, Tag
from contacts.services import DuplicateContact
from core.problems import InvalidInput
from core.scope import tenant_scope

pytestmark = pytest.mark.django_db


def test_a_number_in_any_writing_is_stored_in_e164(scoped):
    contact = services.create_contact(actor=None, phone_number="(415) 555-0134", first_name="  Ada  ")
    assert contact.phone_number == "+14155550134"
    assert contact.first_name == "Ada"
    assert contact.referral_code


def test_the_first_writing_of_a_tag_wins(scoped):
    services.create_contact(actor=None, email="a@example.com", tags=[" VIP ", "vip", "Renewal"])
    second = services.create_contact(actor=None, email="b@example.com", tags=["vIp", "renewal"])
    assert second.tags == ["VIP", "Renewal"]
    assert set(Tag.objects.values_list("name", flat=True)) == {"VIP", "Renewal"}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"email": "nope"},
        {"phone_number": "abc"},
        {"email": "a@example.com", "first_name": "x" * 129},
        {"email": "a@example.com", "first_name": "evil\u202ename"},
        {"email": "a@example.com", "tags": ["x" * 51]},
        {"email": "a@example.com", "custom_fields": {"a": {"b": 1}}},
    ],
)
def test_bad_values_are_refused_with_the_field(scoped, values):
    with pytest.raises(InvalidInput) as refused:
        services.create_contact(actor=None, **values)
    assert refused.value.extra["errors"][0]["field"]


def test_a_known_email_names_the_existing_contact(scoped):
    first = services.create_contact(actor=None, email="Ada@example.com")
    with pytest.raises(DuplicateContact) as refused:
        services.create_contact(actor=None, email="ada@EXAMPLE.com")
    assert refused.value.extra == {"existing_id": str(first.pk)}


def test_trash_frees_the_email_and_restore_wants_it_back(scoped):
    first = services.create_contact(actor=None, email="ada@example.com")
    services.delete_contact(actor=None, contact=first)
    second = services.create_contact(actor=None, email="ada@example.com")
    with pytest.raises(DuplicateContact):
        services.restore_contact(actor=None, contact=first)
    services.delete_contact(actor=None, contact=second)
    assert services.restore_contact(actor=None, contact=first).is_active


def test_a_lead_is_matched_by_email_then_by_phone(scoped):
    by_email = services.create_contact(actor=None, email="ada@example.com")
    by_phone = services.create_contact(actor=None, phone_number="+14155550134")
    match = services.match_or_create_contact
    assert match(actor=None, email="ADA@example.com", phone_number="+14155550134") == by_email
    assert match(actor=None, email="new@example.com", phone_number="415 555 0134") == by_phone
    made = match(actor=None, email="new@example.com", first_name="New")
    assert made not in (by_email, by_phone)
    assert made.first_name == "New"


def test_a_contact_in_the_trash_is_not_matched(scoped):
    gone = services.create_contact(actor=None, phone_number="+14155550134")
    services.delete_contact(actor=None, contact=gone)
    assert services.match_or_create_contact(actor=None, phone_number="+14155550134") != gone


def test_a_new_contact_is_announced_after_the_commit(scoped, after_commit):
    heard = []
    from contacts.signals import contact_created

    def listen(**kwargs):
        heard.append(kwargs["contact_ids"])

    contact_created.connect(listen)
    with after_commit():
        contact = services.create_contact(actor=None, email="ada@example.com")
        assert heard == []
    contact_created.disconnect(listen)
    assert heard == [[str(contact.pk)]]


def test_purging_takes_along_all_that_hangs_on_the_contact(scoped):
    from leads.models import Lead
    from notes.models import Note

    contact = services.create_contact(actor=None, email="ada@example.com")
    other = services.create_contact(actor=None, email="bob@example.com")
    lead = Lead.objects.create(contact=contact, first_name="Ada")
    Note.objects.create(lead=lead, content="On the lead")
    Note.objects.create(contact=contact, content="On the contact")
    kept = Note.objects.create(contact=other, content="Kept")
    services.purge_contact(actor=scoped.admin, contact=contact)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert list(Contact.objects.all()) == [other]
    assert not Lead.objects.exists()
    assert list(Note.objects.all()) == [kept]


def _at_once(times, work):
    gate = threading.Barrier(times)

    def run(number):
        try:
            gate.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_new_number_get_one_contact(workspace):
    def match(_):
        with tenant_scope(workspace.id):
            return services.match_or_create_contact(actor=None, phone_number="+14155550134").pk

    assert len(set(_at_once(20, match))) == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_creations_at_once_of_one_email_have_one_winner(workspace):
    def create(_):
        with tenant_scope(workspace.id):
            try:
                return services.create_contact(actor=None, email="ada@example.com", tags=["VIP"]).pk
            except DuplicateContact as error:
                return error.extra["existing_id"]

    assert len({str(answer) for answer in _at_once(20, create)}) == 1
