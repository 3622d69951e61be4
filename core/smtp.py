"""SMTP with one more step: our own record is committed between the letter and the dot that hands it over.

A mail server takes a letter when it has read the line with the single dot that ends it, and drops what ends
without one. So a worker that died before the dot sent nothing, and one that died after it has left a record.
"""

import contextlib
import re
import smtplib
import socket
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

ANSWER_SECONDS = 60
_LEADING_DOT = re.compile(rb"(?m)^\.")


class NoAnswer(Exception):
    """The server was given the whole letter and stayed silent: it may have taken it."""


class _Session:
    """Mixed into smtplib's client: calls `before_dot` when all but the closing dot is with the server."""

    before_dot: Callable[[], None] | None = None

    def data(self: Any, msg: Any) -> tuple[int, bytes]:
        code, answer = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        letter = _LEADING_DOT.sub(b"..", msg)
        self.send(letter if letter.endswith(b"\r\n") else letter + b"\r\n")
        try:
            if self.before_dot:
                self.before_dot()
        except BaseException:
            self.close()  # without a dot the server drops the letter
            raise
        self.send(b".\r\n")
        self.sock.settimeout(ANSWER_SECONDS)
        said: tuple[int, bytes] = self._answer()
        return said

    def _answer(self: Any) -> tuple[int, bytes]:
        sock = self.sock
        try:
            code, answer = self.getreply()
        except smtplib.SMTPServerDisconnected as error:
            if isinstance(error.__context__, TimeoutError):
                raise NoAnswer("The mail server took the letter and did not answer.") from error
            raise
        with contextlib.suppress(OSError):
            sock.settimeout(self.timeout)
        return code, answer


class _Plain(_Session, smtplib.SMTP):
    pass


class _Encrypted(_Session, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's SMTP backend, able to run something right before a letter is handed over."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _Encrypted if self.use_ssl else _Plain

    def hand_over(self, message: EmailMessage, *, before_dot: Callable[[], None]) -> int:
        """Send one message over the open connection; an error raised by `before_dot` leaves it unsent."""
        session = self.connection
        if not isinstance(session, _Session):
            raise TypeError("Open the connection first.")
        session.before_dot = before_dot
        return self.send_messages([message]) or 0


def words_of(error: Exception) -> str:
    """What went wrong with a mail, for people: the server's own answer, or why there was none."""
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{to}: {code} {_text(said)}" for to, (code, said) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, ConnectionRefusedError):
        return f"No mail server answers at {where}."
    if isinstance(error, socket.gaierror):
        return f"There is no server named {settings.EMAIL_HOST}."
    if isinstance(error, TimeoutError):
        return f"The mail server at {where} did not answer in time."
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
