"""A mail worker killed again and again: every mail reaches the SMTP server once, counted by Message-ID there."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection, transaction

from core.email import queue_email
from core.models import Email
from core.scope import tenant_context
from core.tests.test_email import Inbox, _free_port

MAILS = int(os.environ.get("MAIL_KILL_MAILS", "14"))
# When the worker is killed: the server has the letter and has not answered, it has not got the letter yet,
# it has just answered.
MOMENTS = ("taken", "addressed", "answered") * int(os.environ.get("MAIL_KILL_ROUNDS", "2"))
NURSERY = """
import datetime, os, sys, uuid
import django
django.setup()
from django.conf import settings
from django.db import connections
from core import email
for alias in ("default", "owner"):
    connections[alias].settings_dict["NAME"] = os.environ["TEST_DATABASE"]
email.LEASE = datetime.timedelta(seconds=1.5)
for line in sys.stdin:
    worker = os.fork()
    if not worker:
        tenant, settings.EMAIL_PORT, settings.EMAIL_BACKEND = line.split()
        while True:
            email.send_due(uuid.UUID(tenant), most=5)
    print(worker, flush=True)
"""


class Watched(Inbox):
    """An inbox that tells when a letter has come to the awaited moment, and answers when the worker is dead."""

    def __init__(self):
        super().__init__()
        self.awaited, self.reached, self.killed = "", threading.Event(), threading.Event()

    def _at(self, moment):
        if moment == self.awaited:
            self.awaited = ""
            self.killed.clear()
            self.reached.set()
            return True
        return False

    async def _rest_at(self, moment):
        if self._at(moment):
            await asyncio.to_thread(self.killed.wait, 10)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        await self._rest_at("addressed")
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        await self._rest_at("taken")
        asyncio.get_running_loop().call_later(0.001, self._at, "answered")
        return answer


@pytest.fixture
def inbox():
    handler = Watched()
    controller = Controller(handler, hostname="127.0.0.1", port=_free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


class Nursery:
    """A process with the product loaded that forks a mail worker whenever it is asked."""

    def __init__(self):
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "crm.settings",
            "PYTHONPATH": str(settings.BASE_DIR),
            "TEST_DATABASE": connection.settings_dict["NAME"],
            "EMAIL_HOST": "127.0.0.1",
        }
        command = [sys.executable, "-c", NURSERY]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.worker = 0

    def start(self, tenant, port, backend):
        self.process.stdin.write(f"{tenant} {port} {backend}\n")
        self.process.stdin.flush()
        self.worker = int(self.process.stdout.readline())

    def kill(self):
        os.kill(self.worker, signal.SIGKILL)

        self.worker = 0

    def close(self):
        if self.worker:
            self.kill()
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def nursery(django_db_setup):
    nursery = Nursery()
    yield nursery
    nursery.close()


def _owe(tenant):
    from leads.models import IntakeSettings

    context = {"business": "Northwind", "form": IntakeSettings(), "greeting": "", "lead": {"consent": False}}
    with tenant_context(tenant), transaction.atomic():
        return [
            queue_email(kind="lead_confirmation", key=str(n), to=[f"{n}@x.test"], context=context).message_id
            for n in range(MAILS)
        ]


def _waiting(tenant):
    with tenant_context(tenant), transaction.atomic():
        return Email.objects.filter(status__in=["queued", "sending"]).count()


def _deliver_under_fire(inbox, nursery, backend, moments):
    """Kill the worker at every moment, let the last one finish; return how often each id came."""
    from conftest import Workspace

    tenant = Workspace("Mailer").id
    owed = _owe(tenant)
    for moment in moments:
        inbox.reached.clear()
        nursery.start(tenant, inbox.port, backend)
        inbox.awaited = moment
        assert inbox.reached.wait(30), f"no letter was ever {moment}"
        nursery.kill()
        inbox.killed.set()
    nursery.start(tenant, inbox.port, backend)
    until = time.monotonic() + 60
    while _waiting(tenant) and time.monotonic() < until:
        time.sleep(0.05)
    nursery.kill()
    came = Counter(message["Message-ID"] for message in inbox.messages)
    return tenant, {message_id: came[message_id] for message_id in owed}


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_killed_mail_worker_sends_every_mail_exactly_once(inbox, nursery):
    tenant, came = _deliver_under_fire(inbox, nursery, "core.smtp.EmailBackend", MOMENTS)
    assert Counter(came.values()) == {1: MAILS}
    with tenant_context(tenant), transaction.atomic():
        assert Email.objects.filter(status="sent").count() >= MAILS - len(MOMENTS)
        assert set(Email.objects.exclude(status="sent").values_list("failure", flat=True)) <= {"unconfirmed"}


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_without_the_record_before_the_dot_the_same_kills_double_mails(inbox, nursery):
    _, came = _deliver_under_fire(inbox, nursery, "django.core.mail.backends.smtp.EmailBackend", MOMENTS[:1])
    assert max(came.values()) > 1
