"""Mail through a real SMTP server: sent once, retried with reasons told apart, visible."""

import asyncio
import smtplib
import socket
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from django.db.models.functions import Now

import core.email as email_module
from core.email import (
    NotResendable,
    _claim,
    _hand_over,
    _LeaseLost,
    due_tenants,
    failure_of,
    queue_email,
    resend_email,
    send_due,
)
from core.models import Email


class Inbox:
    """Keeps what arrives; refuses recipients at refused.test for good and at busy.test for now."""

    def __init__(self):
        self.messages = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address.endswith("@refused.test"):
            return "550 no such mailbox"
        if address.endswith("@busy.test"):
            return "450 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def inbox(settings):
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=_free_port())
    controller.start()
    settings.EMAIL_BACKEND = "core.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield handler
    controller.stop()


@pytest.fixture
def owe(scoped):
    def _owe(to="ada@x.test", key="1"):
        from leads.models import IntakeSettings

        context = {"business": "Northwind", "form": IntakeSettings(), "greeting": "Ada", "lead": {"consent": True}}
        return queue_email(kind="lead_confirmation", key=key, to=[to], context=context)

    return _owe


def test_a_mail_goes_out_once_with_text_page_and_a_stable_id(scoped, inbox, owe):
    owe()
    owe()
    assert send_due(scoped.id) == 1
    assert send_due(scoped.id) == 0
    (message,) = inbox.messages
    mail = Email.objects.get()
    assert (mail.status, mail.attempts, mail.failure) == ("sent", 1, "")
    assert message["Message-ID"] == mail.message_id
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
    assert message["Subject"] == "Northwind: we have your message"


def test_a_refused_recipient_ends_the_mail_at_once(scoped, inbox, owe):
    owe("nobody@refused.test")
    send_due(scoped.id)
    mail = Email.objects.get()
    assert (mail.status, mail.failure) == ("failed", "recipient")
    assert mail.error.startswith("nobody@refused.test: 550 ")
    assert inbox.messages == []


def test_a_passing_refusal_is_tried_again_later(scoped, inbox, owe):
    owe("ada@busy.test")
    send_due(scoped.id)
    mail = Email.objects.get()
    assert (mail.status, mail.failure, mail.attempts) == ("queued", "sending", 1)
    assert mail.next_attempt_at > mail.created_at


def test_a_server_that_is_not_there_is_told_apart_as_set_up_wrongly(scoped, owe, settings):
    settings.EMAIL_BACKEND = "core.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", _free_port()
    owe()
    send_due(scoped.id)
    mail = Email.objects.get()
    assert (mail.status, mail.failure) == ("queued", "configuration")
    assert mail.error == f"No mail server answers at 127.0.0.1:{settings.EMAIL_PORT}."


def test_one_bad_mail_does_not_hold_up_the_others(scoped, inbox, owe):
    owe("nobody@refused.test", key="1")
    owe("ada@x.test", key="2")
    assert send_due(scoped.id) == 2
    assert [m["To"] for m in inbox.messages] == ["ada@x.test"]


def test_a_failed_mail_can_be_sent_again_and_a_sent_one_cannot(scoped, inbox, owe):
    owe("nobody@refused.test")
    send_due(scoped.id)
    Email.objects.update(to=["ada@x.test"])
    resend_email(email=Email.objects.get())
    send_due(scoped.id)
    assert Email.objects.get().status == "sent"
    with pytest.raises(NotResendable):
        resend_email(email=Email.objects.get())


def test_a_mail_whose_worker_died_is_taken_over_when_its_lease_ends(scoped, inbox, owe):
    owe()
    assert _claim() is not None
    assert send_due(scoped.id) == 0
    Email.objects.update(next_attempt_at=Now())
    assert send_due(scoped.id) == 1
    assert len(inbox.messages) == 1


def test_due_mails_are_found_over_all_workspaces(scoped, stranger, owe):
    owe()
    assert due_tenants() == [scoped.id]


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (smtplib.SMTPAuthenticationError(535, b"no"), "configuration"),
        (socket.gaierror(), "configuration"),
        (smtplib.SMTPRecipientsRefused({"a@x.test": (550, b"")}), "recipient"),
        (smtplib.SMTPRecipientsRefused({"a@x.test": (451, b"")}), "sending"),
        (smtplib.SMTPServerDisconnected(), "sending"),
        (TimeoutError(), "sending"),
    ],
)
def test_a_failure_is_put_where_it_belongs(error, failure):
    assert failure_of(error) == failure


class Silent(Inbox):
    """Takes a letter and hangs up, or says nothing."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(self.seconds)
        server.transport.abort()


@pytest.fixture
def silent(settings):
    def _silent(seconds):
        handler = Silent(seconds)
        controller = Controller(handler, hostname="127.0.0.1", port=_free_port())
        controller.start()
        controllers.append(controller)
        settings.EMAIL_BACKEND = "core.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
        return handler

    controllers = []
    yield _silent
    for controller in controllers:
        controller.stop()


def test_a_worker_that_died_after_handing_over_leaves_the_mail_as_perhaps_sent(scoped, inbox, owe):
    owe()
    _hand_over(_claim())
    Email.objects.update(next_attempt_at=Now())
    assert send_due(scoped.id) == 0
    mail = Email.objects.get()
    assert (mail.status, mail.failure) == ("failed", "unconfirmed")
    assert inbox.messages == []
    resend_email(email=mail)
    assert send_due(scoped.id) == 1
    assert Email.objects.get().status == "sent"
    assert [m["Message-ID"] for m in inbox.messages] == [mail.message_id]


def test_a_worker_that_slept_through_its_lease_hands_nothing_over(scoped, inbox, owe):
    owe()
    mine = _claim()
    Email.objects.update(next_attempt_at=Now())
    assert _claim() is not None
    with pytest.raises(_LeaseLost):
        _hand_over(mine)


def test_a_letter_without_its_dot_is_dropped_and_sent_again(scoped, inbox, owe, monkeypatch):
    owe()
    monkeypatch.setattr(email_module, "_hand_over", lambda email: (_ for _ in ()).throw(_LeaseLost))
    send_due(scoped.id)
    assert inbox.messages == []
    monkeypatch.undo()
    Email.objects.update(next_attempt_at=Now())
    send_due(scoped.id)
    assert len(inbox.messages) == 1


def test_a_server_that_takes_a_letter_in_silence_leaves_it_as_perhaps_sent(scoped, silent, owe, monkeypatch):
    silent(3)
    monkeypatch.setattr("core.smtp.ANSWER_SECONDS", 0.2)
    owe()
    send_due(scoped.id)
    mail = Email.objects.get()
    assert (mail.status, mail.failure) == ("failed", "unconfirmed")


def test_a_server_that_hangs_up_instead_of_answering_gets_the_mail_again(scoped, silent, owe):
    silent(0)
    owe()
    send_due(scoped.id)
    mail = Email.objects.get()
    assert (mail.status, mail.failure) == ("queued", "sending")


def test_a_lease_that_ends_while_a_worker_looks_does_not_send_a_letter_twice(scoped, inbox, owe, monkeypatch):
    owe("a@x.test")
    _hand_over(_claim())
    Email.objects.update(next_attempt_at=Now())
    monkeypatch.setattr(email_module, "_set_aside", lambda *_, **__: None)  # it looked a moment before the end
    assert _claim() is None
