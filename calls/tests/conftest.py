"""A campaign with leads, a real simulated phone network on a loopback port, and webhooks handed in by hand."""

import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import hypothesis
import pytest

from calls import telephony
from calls.dialer import drive
from calls.models import Call
from campaigns.models import Campaign, CampaignLead, ProviderGate
from contacts.models import Contact
from leads.models import Lead
from simulator.tests.conftest import running

hypothesis.settings.register_profile("proof", max_examples=10_000, deadline=None)
"""What `script/prove law` runs; without a profile the properties are asked of 100 cases."""

PEOPLE = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Radia", "Alan", "Frances")


class Receiver:
    """Keeps the webhooks the network sends as (path, signature, body), until a test hands them on."""

    def __init__(self):
        self.deliveries = deliveries = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                deliveries.append((self.path, self.headers["X-Simulator-Signature"], body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


class Desk:
    """What a dialer test needs of a workspace."""

    def __init__(self, workspace, receiver=None):
        self.workspace = workspace
        self.receiver = receiver
        with workspace.scope():
            ProviderGate.objects.get_or_create(provider="simulated", defaults={"calls_per_second": 100, "tokens": 100})

    def campaign(self, numbers=(), **fields):
        """A running campaign over these numbers."""
        values = {
            "name": "Spring offer",
            "status": "running",
            "calling_hours": "always",
            "consent_policy": "waived",
            "consent_waiver_reason": "simulated",
            "max_concurrent_calls": 10,
            **fields,
        }
        with self.workspace.scope():
            campaign = Campaign.objects.create(**values)
            for position, number in enumerate(numbers):
                self._lead(campaign, number, PEOPLE[position % len(PEOPLE)])
            return campaign

    def _lead(self, campaign, number, name):
        contact = Contact.objects.create(first_name=name, phone_number=number)
        lead = Lead.objects.create(contact=contact, first_name=name, phone_number=number)
        CampaignLead.objects.create(
            campaign=campaign,
            lead=lead,
            contact=contact,
            phone_number=number,
            first_name=name,
            zones=["America/New_York"],
        )

    def calls(self, **filters):
        with self.workspace.scope():
            return list(Call.objects.filter(**filters).order_by("created_at", "id"))

    def leads(self, campaign):
        with self.workspace.scope():
            return list(CampaignLead.objects.filter(campaign=campaign).order_by("phone_number"))

    def fresh(self, record):
        with self.workspace.scope():
            return type(record).objects.get(pk=record.pk)

    def update(self, record, **values):
        with self.workspace.scope():
            type(record).objects.filter(pk=record.pk).update(**values)

    def drive(self, seconds=1.0):
        """Dial for a moment."""
        return drive.Drive(until=time.monotonic() + seconds).run()


def numbers(count, last_digits=70):
    """Numbers of the fictional range that all behave alike."""
    return [f"+1{area}555{100 + last_digits + step % 10:04}" for step in range(count) for area in [201 + step // 10]]


@pytest.fixture
def desk(transactional_db, workspace):
    return Desk(workspace)


@pytest.fixture
def phones(transactional_db, workspace, settings):
    """Start a simulated network; answers (desk, client of the network)."""
    with contextlib.ExitStack() as stack:
        receiver = Receiver()
        stack.callback(receiver.server.server_close)
        stack.callback(receiver.server.shutdown)

        def start(**options):
            client = stack.enter_context(running(receiver, **options))
            settings.SIMULATOR_URL = str(client.base_url)
            settings.SIMULATOR_KEY, settings.SIMULATOR_SECRET = "key-of-the-test", "secret-of-the-test"
            settings.PUBLIC_BASE_URL = receiver.url
            telephony._simulated.cache_clear()
            return Desk(workspace, receiver), client

        yield start


def deliver(receiver, client):
    """Hand the webhooks that have come to the product; answers their statuses."""
    statuses = []
    while receiver.deliveries:
        statuses.append(post_webhook(client, *receiver.deliveries.pop(0)))
    return statuses


def post_webhook(client, path, signature, body):
    response = client.generic("POST", path, body, content_type="application/json", HTTP_X_SIMULATOR_SIGNATURE=signature)
    return response.status_code
