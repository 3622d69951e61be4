"""Strength from what happens: computed, fading, by hand, from calls and notes, and through a merge."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from calls.dialer.finish import apply_facts
from calls.models import Call
from calls.providers.base import AnsweredBy, CallFacts, CallStatus, Outcome
from contacts.merging import merge_contacts, undo_merge
from contacts.models import Contact
from core import outbox
from network.interactions import recompute_contact, recompute_pair, recompute_strengths, record_interaction
from network.models import Interaction, Relationship
from network.ties import create_relationship, update_relationship
from notes.services import create_note

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(workspace):
    with workspace.scope():
        return [Contact.objects.create(first_name=n, email=f"{n.lower()}@people.test") for n in ("Ann", "Bob", "Cat")]


def strength_of(tie):
    return Relationship.objects.get(pk=tie.pk).strength


def test_what_happened_makes_a_tie_and_counts_half_after_ninety_days(workspace, three):
    ann, bob, _ = three
    now = timezone.now()
    with workspace.scope():
        record_interaction(contact_id=ann.pk, other_contact_id=bob.pk, kind="introduction", at=now, make_tie=True)
        tie = Relationship.objects.get()
        recompute_pair(contact_id=bob.pk, other_contact_id=ann.pk, now=now)
        assert tie.strength == Decimal("0.59")  # 1 - exp(-0.9)
        assert recompute_strengths(now=now + dt.timedelta(days=90)) == 1
        assert strength_of(tie) == Decimal("0.36")  # 1 - exp(-0.45)
        recompute_strengths(now=now + dt.timedelta(days=5_000))
        assert strength_of(tie) == Decimal("0.05")


def test_a_drawn_tie_grows_from_a_half_and_never_reaches_one(workspace, three):
    ann, bob, _ = three
    with workspace.scope():
        tie = create_relationship(from_contact_id=ann.pk, to_contact_id=bob.pk)
        record_interaction(contact_id=bob.pk, other_contact_id=ann.pk, kind="call")
        assert strength_of(tie) == Decimal("0.70")  # 1 - 0.5 * exp(-0.5)
        for _ in range(20):
            record_interaction(contact_id=bob.pk, other_contact_id=ann.pk, kind="call")
        assert strength_of(tie) == Decimal("0.99")


def test_a_strength_set_by_hand_wins(workspace, three):
    ann, bob, cat = three
    with workspace.scope():
        given = create_relationship(from_contact_id=ann.pk, to_contact_id=bob.pk, strength=0.3)
        changed = create_relationship(from_contact_id=ann.pk, to_contact_id=cat.pk)
        update_relationship(relationship=changed, strength=0.2)
        for other in (bob, cat):
            record_interaction(contact_id=ann.pk, other_contact_id=other.pk, kind="introduction")
        recompute_contact(contact_id=ann.pk)
        assert (strength_of(given), strength_of(changed)) == (Decimal("0.30"), Decimal("0.20"))


def card_of(user):
    return Contact.objects.create(first_name="Ana", last_name="Agent", email=user.email.upper())


def finished_call(workspace, contact, seconds, user):
    call = Call.objects.create(
        contact=contact, user=user, phone_number="+12025550171", callback_token="t", dial_state="placed"
    )
    facts = CallFacts(
        provider_call_id=f"P{call.pk.hex}", status=CallStatus.ENDED, outcome=Outcome.COMPLETED,
        answered_by=AnsweredBy.HUMAN, duration_seconds=seconds,
    )  # fmt: skip
    apply_facts(call=call, facts=facts)
    return call


def test_a_call_of_more_than_a_minute_raises_the_strength_and_a_shorter_one_does_not(workspace, three):
    bob = three[1]
    with workspace.scope():
        card = card_of(workspace.agent)
        tie = create_relationship(from_contact_id=card.pk, to_contact_id=bob.pk)
        finished_call(workspace, bob, 60, workspace.agent)
        outbox.relay(workspace.id)
        assert strength_of(tie) == Decimal("0.50")
        finished_call(workspace, bob, 61, workspace.agent)
        outbox.relay(workspace.id)
        assert strength_of(tie) == Decimal("0.70")


def test_a_note_ties_its_author_to_the_contact_once(workspace, three):
    bob = three[1]
    with workspace.scope():
        create_note(actor=workspace.agent, content="Met at the fair.", contact=bob)
        outbox.relay(workspace.id)
        assert not Relationship.objects.exists()  # the author is not among the contacts
        card = card_of(workspace.agent)
        note = create_note(actor=workspace.agent, content="Called again.", contact=bob)
        outbox.relay(workspace.id)
        record_interaction(contact_id=card.pk, other_contact_id=bob.pk, kind="note", key=str(note.pk))
        tie = Relationship.objects.get()
        assert (tie.from_contact_id, tie.to_contact_id, tie.source) == (card.pk, bob.pk, "note")
        assert Interaction.objects.count() == 1


def test_a_merge_keeps_ties_once_and_what_happened_and_a_split_sets_them_back(workspace, three):
    ann, bob, cat = three
    with workspace.scope():
        twin = Contact.objects.create(first_name="Anne", email="anne@people.test")
        same = create_relationship(from_contact_id=ann.pk, to_contact_id=bob.pk, strength=0.4, mutual=False)
        double = create_relationship(from_contact_id=twin.pk, to_contact_id=bob.pk, strength=0.7)
        mine = create_relationship(from_contact_id=ann.pk, to_contact_id=cat.pk, strength=0.2)
        reverse = create_relationship(from_contact_id=cat.pk, to_contact_id=twin.pk, strength=0.9)
        between = create_relationship(from_contact_id=ann.pk, to_contact_id=twin.pk)
        record_interaction(contact_id=twin.pk, other_contact_id=bob.pk, kind="call")
        fields = ("id", "from_contact_id", "to_contact_id", "strength", "mutual", "strength_is_manual")
        before = sorted(map(str, Relationship.objects.values_list(*fields)))
        merge = merge_contacts(actor=workspace.manager, contact=ann, other_id=twin.pk)
        walked = Relationship.objects.exclude(from_contact=twin).exclude(to_contact=twin)
        assert {(t.pk, t.strength, t.mutual) for t in walked} == {
            (same.pk, Decimal("0.70"), True),
            (mine.pk, Decimal("0.90"), True),
        }
        assert set(Relationship.objects.exclude(pk__in=walked).values_list("pk", flat=True)) == {
            double.pk,
            reverse.pk,
            between.pk,
        }
        assert (
            Interaction.objects.filter(contact=twin).count() + Interaction.objects.filter(other_contact=twin).count()
            == 0
        )
        undo_merge(actor=workspace.manager, merge=merge)
        assert sorted(map(str, Relationship.objects.values_list(*fields))) == before


def test_computed_strengths_add_up_over_a_merge(workspace, three):
    ann, bob, _ = three
    with workspace.scope():
        twin = Contact.objects.create(first_name="Anne", email="anne@people.test")
        for one in (ann, twin):
            record_interaction(contact_id=one.pk, other_contact_id=bob.pk, kind="call", make_tie=True)
        merge_contacts(actor=workspace.manager, contact=ann, other_id=twin.pk)
        assert Relationship.objects.get(from_contact=ann).strength == Decimal("0.63")  # 1 - exp(-1)
