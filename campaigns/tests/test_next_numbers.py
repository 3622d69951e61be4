"""A dead number: another one is looked for, and the campaign goes on with it."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from campaigns import attempts, next_numbers, running
from campaigns.models import CampaignLead, Suppression, WhyEntry
from contacts.models import Contact
from enrichment import choices, waterfall
from enrichment.models import EnrichmentRun

DEAD = "+12065550144"


@pytest.fixture
def seek(make_campaign, make_lead):
    """End a lead's call with a dead number; `find()` then lets the search run to its end."""

    def start(email="jo.li@blue-ridge.example", **fields):
        campaign = make_campaign(status="running", provider="simulated", **fields)
        contact = Contact.objects.create(email=email, phone_number=DEAD)
        lead = make_lead(campaign, DEAD, contact=contact, status="in_call", attempts=1)
        attempts.finish_attempt(campaign_lead_id=lead.pk, attempt=1, outcome="invalid_number", now=timezone.now())
        lead.refresh_from_db()
        return SimpleNamespace(campaign=campaign, lead=lead, contact=contact)

    return start


def find(lead):
    run = EnrichmentRun.objects.get()
    for claimed in waterfall.claim(run_id=run.pk):
        waterfall.work(*claimed)
    next_numbers.conclude_run(run.pk)
    lead.refresh_from_db()


def test_the_campaign_goes_on_with_the_number_that_was_found(seek):
    world = seek()
    assert (world.lead.status, world.lead.status_reason) == ("blocked", "seeking_number")
    assert not running.end_if_finished(world.campaign)
    find(world.lead)
    world.contact.refresh_from_db()
    world.lead.lead.refresh_from_db()
    assert (world.lead.status, world.lead.status_reason) == ("pending", "next_number")
    assert world.lead.phone_number == world.contact.phone_number == world.lead.lead.phone_number != DEAD
    assert WhyEntry.objects.get(rule="next_number").value == f"{DEAD} is dead."


def test_a_person_nothing_is_known_of_stays_blocked_and_the_campaign_ends(seek):
    world = seek(email="jo@gmail.com")
    find(world.lead)
    assert (world.lead.status, world.lead.status_reason) == ("blocked", "invalid_number")
    assert running.end_if_finished(world.campaign)


def test_nothing_is_bought_when_the_workspace_does_not_want_it(seek, scoped):
    policy = choices.get_policy()
    policy.buy_next_numbers = False
    policy.save()
    assert seek().lead.status_reason == "invalid_number"
    assert not EnrichmentRun.objects.exists()


def test_nothing_is_bought_for_a_lead_whose_tries_are_used_up(seek):
    assert seek(max_retries=0).lead.status_reason == "invalid_number"
    assert not EnrichmentRun.objects.exists()


def test_a_number_the_contact_has_already_is_tried_without_buying_one(seek):
    world = seek()
    EnrichmentRun.objects.all().delete()
    Contact.objects.filter(pk=world.contact.pk).update(phone_number="+12065550171")
    assert not running.end_if_finished(world.campaign)
    world.lead.refresh_from_db()
    assert (world.lead.status, world.lead.phone_number) == ("pending", "+12065550171")


def test_a_search_whose_end_nobody_heard_of_is_ended_by_the_tick(seek):
    world = seek(email="jo@gmail.com")
    assert not running.end_if_finished(world.campaign)
    CampaignLead.objects.update(last_called_at=timezone.now() - dt.timedelta(hours=1))
    assert running.end_if_finished(world.campaign)
    world.lead.refresh_from_db()
    assert world.lead.status_reason == "invalid_number"


def test_a_number_on_the_do_not_call_list_is_not_tried(seek):
    world = seek()
    Contact.objects.filter(pk=world.contact.pk).update(phone_number="+12065550171")
    Suppression.objects.create(phone_number="+12065550171")
    EnrichmentRun.objects.all().delete()
    running.end_if_finished(world.campaign)
    world.lead.refresh_from_db()
    assert (world.lead.status, world.lead.status_reason) == ("blocked", "do_not_call")


def test_a_number_that_another_lead_of_the_campaign_has_is_not_tried_twice(seek, make_lead):
    world = seek()
    make_lead(world.campaign, "+12065550171", status="done")
    EnrichmentRun.objects.all().delete()
    Contact.objects.filter(pk=world.contact.pk).update(phone_number="+12065550171")
    assert running.end_if_finished(world.campaign)
    world.lead.refresh_from_db()
    assert (world.lead.status, world.lead.status_reason) == ("blocked", "duplicate_number")


def test_nothing_is_tried_any_more_once_the_campaign_is_over(seek):
    world = seek()
    type(world.campaign).objects.update(status="stopped")
    find(world.lead)
    assert (world.lead.status, world.lead.status_reason) == ("blocked", "invalid_number")
