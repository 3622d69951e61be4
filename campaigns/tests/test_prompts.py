"""Prompts: their versions, which one a call speaks, and what is filled in."""

import pytest

from calls.models import Call
from campaigns import prompts, services
from campaigns.copies import copy_campaign
from campaigns.models import PromptVersion
from contacts.models import CustomField

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(scoped):
    return services.create_campaign(
        actor=scoped.manager, name="Spring", first_sentence="Hello {{first_name}} of {business_name}", system_prompt="A"
    )


def test_a_version_is_made_when_the_words_change_and_only_then(campaign, scoped):
    services.update_campaign(actor=scoped.manager, campaign=campaign, name="Summer")
    assert PromptVersion.objects.count() == 1
    services.update_campaign(actor=scoped.manager, campaign=campaign, system_prompt="B")
    assert list(PromptVersion.objects.values_list("number", "system_prompt")) == [(2, "B"), (1, "A")]


def test_a_call_speaks_the_version_it_was_claimed_under(campaign, scoped):
    def call(n):
        made = Call.objects.create(
            campaign=campaign, phone_number=f"+1212736000{n}", callback_token=str(n), dial_state="reserved"
        )
        made.refresh_from_db()
        return made

    first = call(1)
    services.update_campaign(actor=scoped.manager, campaign=campaign, system_prompt="B")
    second = call(2)
    by_hand = Call(phone_number="+12127360009")
    found = prompts.versions_of_calls([first, second, by_hand])
    assert {pk: version.number for pk, version in found.items()} == {first.pk: 1, second.pk: 2}


def test_the_preview_fills_in_the_lead_and_names_what_is_missing(campaign, scoped, make_lead, workspace):
    row = make_lead(campaign, custom_fields={"plan": "Pro"})
    services.update_campaign(actor=scoped.manager, campaign=campaign, system_prompt="Plan {{plan}}, {{price}}.")
    api = workspace.api("agent")
    said = api.get(f"/api/v1/campaigns/{campaign.pk}/prompt-preview?lead={row.pk}").json()
    assert said == {
        "version": 2,
        "first_sentence": "Hello Hannah of Northwind",
        "system_prompt": "Plan Pro, {{price}}.",
        "unknown_names": ["price"],
    }
    assert api.get(f"/api/v1/campaigns/{campaign.pk}/prompt-preview?lead=x").status_code == 404


def test_a_copy_has_the_settings_and_nobody_in_it(campaign, make_lead, workspace, scoped):
    make_lead(campaign)
    made = workspace.api("manager").post(f"/api/v1/campaigns/{campaign.pk}/copy", {"name": "Again"})
    assert made.status_code == 201
    body = made.json()
    assert (body["name"], body["status"], body["system_prompt"], body["total_leads"]) == ("Again", "draft", "A", 0)
    assert copy_campaign(actor=scoped.manager, campaign=campaign).name == "Spring (copy)"


def test_a_start_is_planned_over_the_api_and_on_the_page(campaign, workspace):
    api = workspace.api("manager")
    at = f"/api/v1/campaigns/{campaign.pk}/schedule"
    planned = api.post(at, {"at": "2999-01-01T09:00:00Z"})
    assert (planned.status_code, planned.json()["status"]) == (200, "scheduled")
    assert planned.json()["scheduled_at"] == "2999-01-01T09:00:00Z"
    assert api.post(at, {"at": "2001-01-01T09:00:00Z"}).status_code == 400
    assert api.post(at, {}).status_code == 400
    assert api.post(at, {"at": None}).json()["status"] == "draft"


def test_custom_fields_of_the_contact_fill_in_and_an_empty_one_is_silent(make_campaign, make_lead):
    CustomField.objects.create(key="plan", label="Plan")
    CustomField.objects.create(key="size", label="Size")
    campaign = make_campaign(first_sentence="The {{plan}} plan{{size}}, {{colour}}", system_prompt="")
    row = make_lead(campaign)
    row.contact.custom_fields = {"plan": "gold"}
    shown = prompts.preview(campaign, row)
    assert shown["first_sentence"] == "The gold plan, {{colour}}"
    assert shown["unknown_names"] == ["colour"]
    assert {"plan", "size", "first_name"} <= set(prompts.usable_names(row))
