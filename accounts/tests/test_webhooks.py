"""Events on their way out: signed, retried, and never to an address inside."""

import base64
import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from accounts import webhooks
from accounts.models import WebhookDelivery, WebhookEndpoint
from core import outbox
from core.models import OutboxMessage

pytestmark = pytest.mark.django_db
URL = "/api/v1/webhook-endpoints"


@pytest.fixture
def receiver(settings):
    """A real HTTP server that keeps what it is sent and answers `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.seen.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(server.status)
            if server.status == 302:
                self.send_header("Location", "http://127.0.0.1:1/inside")
            self.end_headers()

        def log_message(self, *args):
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.status = [], 200
    origin = f"http://127.0.0.1:{server.server_port}"
    settings.WEBHOOK_ALLOWED_ORIGINS = [origin]
    server.url = f"{origin}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def endpoint_of(workspace, receiver):
    return webhooks.create_endpoint(actor=workspace.admin, url=receiver.url, events=["contact.created"])


def test_an_event_arrives_signed(scoped, receiver):
    endpoint = endpoint_of(scoped, receiver)
    webhooks.publish(event="contact.created", data={"id": "1"})
    webhooks.publish(event="lead.created", data={"id": "2"})
    assert outbox.relay(scoped.id) == 1
    headers, body = receiver.seen[0]
    assert json.loads(body)["data"] == {"id": "1"}
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == wanted
    assert WebhookDelivery.objects.get().status == "delivered"


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_failure_is_tried_again_later(scoped, receiver, status):
    endpoint_of(scoped, receiver)
    receiver.status = status
    webhooks.publish(event="contact.created", data={"id": "1"})
    outbox.relay(scoped.id)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("pending", 1, status)
    assert delivery.next_attempt_at > timezone.now()
    receiver.status = 200
    OutboxMessage.objects.filter(done_at=None).update(run_at=timezone.now())
    outbox.relay(scoped.id)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("delivered", 2)


def test_after_a_day_of_failures_a_delivery_is_given_up(scoped, receiver):
    endpoint_of(scoped, receiver)
    receiver.status = 500
    webhooks.publish(event="contact.created", data={"id": "1"})
    for _ in range(len(webhooks.PAUSES) + 1):
        OutboxMessage.objects.filter(done_at=None).update(run_at=timezone.now())
        outbox.relay(scoped.id)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("failed", len(webhooks.PAUSES) + 1)
    assert sum(webhooks.PAUSES) > 23 * 3600


def test_gone_disables_the_endpoint(scoped, receiver):
    endpoint = endpoint_of(scoped, receiver)
    receiver.status = 410
    webhooks.publish(event="contact.created", data={"id": "1"})
    outbox.relay(scoped.id)
    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == "The endpoint answered 410 Gone."
    webhooks.publish(event="contact.created", data={"id": "2"})
    assert WebhookDelivery.objects.count() == 1


def test_an_address_that_turned_inside_is_not_called(scoped, receiver, settings):
    endpoint_of(scoped, receiver)
    settings.WEBHOOK_ALLOWED_ORIGINS = []
    webhooks.publish(event="contact.created", data={"id": "1"})
    outbox.relay(scoped.id)
    assert receiver.seen == []
    assert WebhookDelivery.objects.get().attempts == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://0x7f000001/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:pass@example.com/",
        "https://1.1.1.1:22/",
        "https://169.254.169.254/latest",
        "nonsense",
        "",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(workspace, url):
    answer = workspace.api("admin").post(URL, {"url": url})
    assert answer.status_code == 400
    assert answer.json()["code"] in ("url_not_allowed", "validation_error")
    assert answer.json()["errors"][0]["field"] == "url"


def test_the_secret_is_shown_once_and_kept_encrypted(workspace):
    admin = workspace.api("admin")
    made = admin.post(URL, {"url": "https://1.1.1.1/hook", "events": ["lead.created"]})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in admin.get(URL).json()["items"][0]
    with workspace.scope():
        from django.db import connection

        endpoint = WebhookEndpoint.objects.get()
        assert endpoint.secret == made.json()["secret"]
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM accounts_webhookendpoint")
            assert made.json()["secret"] not in cursor.fetchone()[0]
    assert workspace.api("manager").get(URL).status_code == 403
    assert admin.post(URL, {"url": "https://1.1.1.1/", "events": ["nonsense"]}).status_code == 400


def test_a_delivery_is_sent_again_on_request(workspace, receiver):
    with workspace.scope():
        endpoint = endpoint_of(workspace, receiver)
        webhooks.publish(event="contact.created", data={"id": "1"})
    outbox.relay(workspace.id)
    admin = workspace.api("admin")
    url = f"{URL}/{endpoint.pk}/deliveries"
    delivery = admin.get(url).json()["items"][0]
    assert delivery["status"] == "delivered"
    assert admin.post(f"{url}/{delivery['id']}/redeliver").status_code == 202
    outbox.relay(workspace.id)
    assert len(receiver.seen) == 2


def test_a_name_that_cannot_be_looked_up_just_now_is_taken_and_judged_at_each_delivery(workspace, scoped):
    made = workspace.api("admin").post(
        URL, {"url": "https://hooks.never-registered.example/x", "events": ["lead.created"]}
    )
    assert made.status_code == 201
    inner = workspace.api("admin").post(URL, {"url": "https://hooks.internal/x"})
    assert (inner.status_code, inner.json()["errors"][0]["code"]) == (400, "url_not_allowed")
