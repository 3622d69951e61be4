"""Mail: written down in the transaction that causes it, sent afterwards by a worker, retried, never in the way.

A mail is claimed under a lease, and over SMTP a second record is committed right before the dot that hands it
over (core/smtp.py). A worker killed before that record sent nothing, so the next one sends the mail; one killed
after it has as good as surely sent it, so the mail is shown as perhaps sent and never goes out by itself again.
Every try carries the same Message-ID.
"""

import datetime as dt
import random
import smtplib
import socket
import ssl
import uuid
from collections.abc import Callable
from email.utils import formataddr
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection as database
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string

from core import background
from core.ids import uuid7
from core.models import Email
from core.problems import DomainError
from core.scope import tenant_context
from core.smtp import EmailBackend as SmtpBackend
from core.smtp import NoAnswer, words_of

log = structlog.get_logger(__name__)
TASK = "core.tasks.send_emails"
LEASE = dt.timedelta(seconds=90)
RETRY_AFTER_SECONDS = (30, 60, 120, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
_SET_UP_WRONGLY = (
    ImproperlyConfigured,
    ImportError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPNotSupportedError,
    smtplib.SMTPSenderRefused,
    ConnectionRefusedError,
    PermissionError,
    socket.gaierror,
    ssl.SSLError,
)


_UNCONFIRMED = "The worker was stopped while the mail server took this mail. Very likely it arrived."


class _LeaseLost(Exception):
    """Another worker took this mail over while we were slow."""


class NotResendable(DomainError):
    """The mail went out already; sending it again would reach the person twice."""

    code = "email_already_sent"
    title = "This mail was sent already."


def new_email(
    *,
    kind: str,
    key: str,
    to: list[str],
    context: dict[str, Any],
    about: Any = None,
    reply_to: str = "",
) -> Email:
    """Write a mail, yet to be owed: `emails/<kind>.txt` holds the subject in its first line and the text below,
    `emails/<kind>.html` the page.
    """
    context = {"brand": settings.BRAND, "base_url": settings.PUBLIC_BASE_URL, **context}
    subject, _, text = render_to_string(f"emails/{kind}.txt", context).partition("\n")
    return Email(
        kind=kind,
        key=key,
        to=to,
        reply_to=reply_to,
        subject=" ".join(subject.split())[:300],
        text=text.strip() + "\n",
        html=render_to_string(f"emails/{kind}.html", {**context, "subject": subject}),
        about_type=about._meta.model_name if about is not None else "",
        about_id=getattr(about, "pk", None),
        message_id=f"<{uuid7()}@{_domain()}>",
    )


def queue_emails(emails: list[Email]) -> None:
    """Owe mails, each once per (kind, key), in the caller's transaction; those to nobody are left out."""
    owed = [email for email in emails if email.to]
    if owed:
        Email.objects.bulk_create(owed, ignore_conflicts=True)
        _nudge()


def queue_email(*, to: list[str], **letter: Any) -> Email | None:
    """Owe one mail (see new_email); None when there is nobody to send it to."""
    email = new_email(to=to, **letter) if to else None
    queue_emails([email] if email else [])
    return email


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rsplit("@", 1)[-1].strip("> ") or "localhost"


def _nudge() -> None:
    background.nudge_once(TASK)


def resend_email(*, email: Email) -> Email:
    """Try a failed or waiting mail again now; raises NotResendable for one that went out."""
    changed = Email.objects.filter(pk=email.pk, status__in=[Email.Status.FAILED, Email.Status.QUEUED]).update(
        status=Email.Status.QUEUED, attempts=0, failure="", error="", next_attempt_at=Now()
    )
    if not changed:
        raise NotResendable
    _nudge()
    email.refresh_from_db()
    return email


def due_tenants() -> list[uuid.UUID]:
    """Tenants that owe a mail now."""
    with database.cursor() as cursor:
        cursor.execute("SELECT email_due_tenants()")
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def send_due(tenant_id: uuid.UUID, *, most: int = 500) -> int:
    """Send what a tenant owes, over one connection; return how many mails were tried. More than `most` take turns
    with other tenants.
    """
    tried = 0
    background.begin(TASK, tenant_id)
    with tenant_context(tenant_id):
        mailbox = _Mailbox()
        while tried < most and (email := _claim()):
            _send(mailbox, email)
            tried += 1
        mailbox.close()
        if tried == most:
            _nudge()
    return tried


class _Mailbox:
    """A connection to the mail server, opened for the first mail and again after a failure."""

    def __init__(self) -> None:
        self._backend: Any = None

    def send(self, message: EmailMultiAlternatives, *, before_dot: Callable[[], None]) -> None:
        if self._backend is None:
            self._backend = get_connection(fail_silently=False)
            self._backend.open()
        if isinstance(self._backend, SmtpBackend):
            sent = self._backend.hand_over(message, before_dot=before_dot)
        else:
            sent = self._backend.send_messages([message])
        if not sent:
            raise smtplib.SMTPException("The mail server took nothing.")

    def close(self) -> None:
        backend, self._backend = self._backend, None
        try:
            if backend is not None:
                backend.close()
        except OSError:
            log.info("mail_connection_lost")


def _claim() -> Email | None:
    with transaction.atomic():
        due = Email.objects.filter(
            status__in=[Email.Status.QUEUED, Email.Status.SENDING], next_attempt_at__lte=Now()
        ).order_by("next_attempt_at")
        _set_aside(due.filter(status=Email.Status.SENDING, handed_over_at__isnull=False), error=_UNCONFIRMED)
        # Asked again: a lease may run out between the two statements, and what was handed over is never sent twice.
        untouched = due.exclude(status=Email.Status.SENDING, handed_over_at__isnull=False)
        email: Email | None = untouched.select_for_update(skip_locked=True, of=("self",)).first()
        if email is not None:
            Email.objects.filter(pk=email.pk).update(
                status=Email.Status.SENDING,
                attempts=F("attempts") + 1,
                handed_over_at=None,
                next_attempt_at=Now() + LEASE,
            )
            email.attempts += 1
        return email


def _set_aside(emails: QuerySet[Email], *, error: str) -> None:
    emails.update(status=Email.Status.FAILED, failure=Email.Failure.UNCONFIRMED, error=error)


def _mine(email: Email) -> QuerySet[Email]:
    """The mail's row while this try holds it."""
    rows: QuerySet[Email] = Email.objects.filter(pk=email.pk, status=Email.Status.SENDING, attempts=email.attempts)
    return rows


def _hand_over(email: Email) -> None:
    """Commit that the server is about to get the dot; raises _LeaseLost when the try is no longer ours."""
    with transaction.atomic():
        if (
            not _mine(email)
            .filter(next_attempt_at__gt=Now())
            .update(handed_over_at=Now(), next_attempt_at=Now() + LEASE)
        ):
            raise _LeaseLost


def _message(email: Email) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=email.to,
        reply_to=[email.reply_to] if email.reply_to else [],
        headers={"Message-ID": email.message_id, "Auto-Submitted": "auto-generated"},
    )
    if email.html:
        message.attach_alternative(email.html, "text/html")
    return message


def _send(mailbox: _Mailbox, email: Email) -> None:
    try:
        mailbox.send(_message(email), before_dot=lambda: _hand_over(email))
    except _LeaseLost:
        mailbox.close()
        log.warning("email_lease_lost", kind=email.kind)
    except NoAnswer as error:
        mailbox.close()
        with transaction.atomic():
            _set_aside(_mine(email), error=str(error))
    except Exception as error:
        mailbox.close()
        _write_down(email, error)
    else:
        with transaction.atomic():
            Email.objects.filter(pk=email.pk).update(status=Email.Status.SENT, sent_at=Now(), failure="", error="")


def failure_of(error: Exception) -> str:
    """Whose fault a failed try is: our set-up, the recipient, or the moment."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [answer[0] for answer in error.recipients.values()]
        return Email.Failure.RECIPIENT if codes and min(codes) >= 500 else Email.Failure.SENDING
    if isinstance(error, _SET_UP_WRONGLY) or getattr(error, "status_code", None) in (401, 403):
        return Email.Failure.CONFIGURATION
    if type(error).__name__ == "AnymailRecipientsRefused":
        return Email.Failure.RECIPIENT
    return Email.Failure.SENDING


def _write_down(email: Email, error: Exception) -> None:
    failure = failure_of(error)
    log.warning("email_failed", kind=email.kind, failure=failure, attempts=email.attempts, error=type(error).__name__)
    final = failure == Email.Failure.RECIPIENT or email.attempts > len(RETRY_AFTER_SECONDS)
    delay = 0.0 if final else RETRY_AFTER_SECONDS[email.attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311 - jitter
    with transaction.atomic():
        _mine(email).update(
            status=Email.Status.FAILED if final else Email.Status.QUEUED,
            failure=failure,
            error=words_of(error)[:2000],
            next_attempt_at=Now() + dt.timedelta(seconds=delay),
        )


def address(name: str, email: str) -> str:
    """A mail address with its name, safe for a header."""
    return formataddr((" ".join(name.split()), email))
