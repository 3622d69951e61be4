"""What integrations are told of: each event is promised in the transaction that causes it."""

import pytest

from accounts import webhooks
from accounts.models import WebhookDelivery, WebhookEndpoint
from contacts.models import Contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(scoped):
    """The events promised so far, as (event, data)."""
    WebhookEndpoint.objects.create(url="https://1.1.1.1/hook", secret="whsec_AAAA")
    return lambda: [(d.event, d.payload["data"]) for d in WebhookDelivery.objects.order_by("created_at", "id")]


def test_a_contacts_life_is_told(told, workspace):
    api = workspace.api("agent")
    made = api.post("/api/v1/contacts", {"email": "ada@example.com"}).json()
    api.patch(f"/api/v1/contacts/{made['id']}", {"first_name": "Ada"})
    api.patch(f"/api/v1/contacts/{made['id']}", {"first_name": "Ada"})
    api.delete(f"/api/v1/contacts/{made['id']}")
    assert told() == [
        ("contact.created", {"id": made["id"]}),
        ("contact.updated", {"id": made["id"], "fields": ["first_name"]}),
        ("contact.deleted", {"id": made["id"]}),
    ]


def test_a_refused_request_tells_nothing(told, workspace):
    workspace.api("agent").post("/api/v1/contacts", {"first_name": "Nobody"})
    assert told() == []


def test_leads_notes_and_opt_outs_are_told(told, workspace):
    api = workspace.api("manager")
    lead = api.post("/api/v1/leads", {"email": "ada@example.com"}).json()
    api.patch(f"/api/v1/leads/{lead['id']}/state", {"state": "qualified"})
    note = api.post(f"/api/v1/leads/{lead['id']}/notes", {"content": "Called back"}).json()
    api.post("/api/v1/do-not-call", {"phone_number": "+14155550123"})
    events = told()
    assert [event for event, _ in events] == [
        "contact.created",
        "lead.created",
        "lead.state_changed",
        "note.created",
        "do_not_call.added",
    ]
    assert events[2][1] == {"id": lead["id"], "from": "pending", "to": "qualified"}
    assert events[3][1]["id"] == note["id"]
    assert events[3][1]["contact_id"] == str(Contact.objects.get().pk)


def test_every_event_named_in_the_list_is_published_somewhere():
    from pathlib import Path

    from django.conf import settings

    sources = "".join(
        path.read_text() for path in Path(settings.BASE_DIR).glob("*/**/*.py") if "tests" not in path.parts
    )
    unheard = [event for event in webhooks.EVENTS if sources.count(f'"{event}"') < 2]
    assert unheard == []
