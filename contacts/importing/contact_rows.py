"""Importing contacts: checks of a row, and one COPY and a few statements for a batch of them."""

import json
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import connection

from accounts.principals import Actor
from contacts.custom_fields import field_kinds, read_value
from contacts.history import attribute_to
from contacts.importing.kinds import CREATED, FAILED, SKIPPED, UPDATED, ImportLine, Outcome, register
from contacts.importing.staging import (
    COLUMNS,
    INSERT,
    LOCK,
    MATCH,
    MATCH_AGAIN,
    MATCHED,
    STAGE,
    TABLE,
    TEXTS,
    UPDATE_MATCHES,
    array_literal,
)
from contacts.importing.worked_with import erase_untouched
from contacts.models import Contact, Import, new_referral_codes
from contacts.services import announce_created
from contacts.tags import MAX_LENGTH, MAX_TAGS, register_tags
from contacts.targets import CONTACT_FIELDS
from contacts.values import LINES, MAX_CUSTOM_TEXT, MAX_NOTES, NOT_IN_TEXT, clean_email, default_region
from core.ids import many_uuid7
from core.phones import InvalidPhone, parse_e164
from core.problems import InvalidInput
from core.scope import current_tenant_id

_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_STATUSES = frozenset(Contact.Status.values)


def _refuse(field: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput(detail, field=field, field_code=code)


@register
class ContactRows:
    """Rows of a file as contacts, known by email, and by phone number where there is no email."""

    name: ClassVar[str] = "contacts"
    fields: ClassVar[Sequence[str]] = CONTACT_FIELDS

    def __init__(self, job: Import) -> None:
        self.job = job
        self.region = default_region()
        self.kinds = field_kinds()
        self.actor: Actor | None = job.created_by

    def clean(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Check one row; raises InvalidInput."""
        values: dict[str, Any] = {}
        for field, most in LINES.items():
            if text := raw.get(field):
                values[field] = self._line(field, text, most)
        if email := raw.get("email"):
            plain = len(email) <= 256 and _EMAIL.fullmatch(email)
            values["email"] = email if plain else clean_email(email)
        if number := self._phone(raw):
            values["phone_number"] = number
        if not values.get("email") and not number:
            raise _refuse("email", "required", "There is neither an email address nor a phone number.")
        if status := raw.get("status"):
            if status not in _STATUSES:
                raise _refuse("status", "invalid_choice", f"The status “{status[:40]}” is not known.")
            values["status"] = status
        if tags := raw.get("tags"):
            values["tags"] = self._tags(tags)
        if notes := raw.get("notes"):
            if len(notes) > MAX_NOTES:
                raise _refuse("notes", "max_length", f"The notes are longer than {MAX_NOTES:,} characters.")
            values["notes"] = notes
        if custom := raw.get("custom_fields"):
            values["custom_fields"] = {key: self._custom(key, text) for key, text in custom.items()}
        return values

    def _line(self, field: str, text: str, most: int) -> str:
        text = " ".join(text.split())
        if len(text) > most:
            raise _refuse(field, "max_length", f"{field} is longer than {most} characters.")
        if NOT_IN_TEXT.search(text):
            raise _refuse(field, "invalid_character", f"{field} holds a character that is not allowed.")
        return text

    def _phone(self, raw: dict[str, Any]) -> str | None:
        """The first number that is one; further columns stand in for a bad first."""
        refusal: InvalidPhone | None = None
        for candidate in (raw.get("phone_number"), *raw.get("other_phones", ())):
            if not candidate:
                continue
            try:
                return parse_e164(candidate, region=self.region)
            except InvalidPhone as error:
                refusal = refusal or error
        if refusal is not None:
            raise _refuse("phone_number", refusal.code, refusal.reason)
        return None

    def _tags(self, tags: list[str]) -> list[str]:
        if any(len(tag) > MAX_LENGTH for tag in tags) or len(tags) > MAX_TAGS:
            raise _refuse("tags", "max_length", f"A tag has at most {MAX_LENGTH} characters.")
        return tags

    def _custom(self, key: str, text: str) -> Any:
        if len(text) > MAX_CUSTOM_TEXT:
            raise _refuse(key, "max_length", f"{key} is longer than {MAX_CUSTOM_TEXT:,} characters.")
        return read_value(self.kinds.get(key), text, key)

    def identity(self, values: dict[str, Any]) -> list[str]:
        """The email in lower case; the phone number only where there is no email."""
        email = values.get("email")
        return [email.lower()] if email else [values["phone_number"]]

    def store(self, lines: list[ImportLine]) -> list[Outcome]:
        """Insert new contacts and, when asked, fill known ones; blank cells never erase anything."""
        attribute_to(self.actor, f"import:{self.job.pk}")
        with connection.cursor() as cursor:
            cursor.execute(LOCK, {"key": f"people:{current_tenant_id()}"})
        self._register_tags(lines)
        outcomes: dict[int, Outcome] = {}
        waiting = lines
        while waiting:  # a second line of the same person waits until the first is stored
            seen: set[str] = set()
            now: list[ImportLine] = []
            later: list[ImportLine] = []
            for line in waiting:
                key = line.keys[0]
                (later if key in seen else now).append(line)
                seen.add(key)
            self._store_distinct(now, outcomes)
            waiting = later
        return [outcomes[line.line] for line in lines]

    def _register_tags(self, lines: list[ImportLine]) -> None:
        used = list(dict.fromkeys(tag for line in lines for tag in line.values.get("tags", ())))
        if not used:
            return
        writing = {}
        for start in range(0, len(used), MAX_TAGS):
            for name in register_tags(used[start : start + MAX_TAGS]):
                writing[name.lower()] = name
        for line in lines:
            if tags := line.values.get("tags"):
                line.values["tags"] = list(dict.fromkeys(writing.get(t.lower(), t) for t in tags))

    def _store_distinct(self, lines: list[ImportLine], outcomes: dict[int, Outcome]) -> None:
        ids = dict(zip((line.line for line in lines), many_uuid7(len(lines)), strict=True))
        with connection.cursor() as cursor:
            self._stage(cursor, lines, ids)
            for statement in MATCH:
                cursor.execute(statement)
            known = self._matched(cursor)
            cursor.execute(INSERT)
            if cursor.rowcount == len(lines) - len(known):
                matched = {**ids, **known}
            else:
                for statement in MATCH_AGAIN:
                    cursor.execute(statement)
                matched = self._matched(cursor)
            changed = self._update(cursor) if self.job.on_conflict == "update" else {}
        for line in lines:
            outcomes[line.line] = self._outcome(line, ids[line.line], matched.get(line.line), changed)
        announce = [o.record_id for line in lines if (o := outcomes[line.line]).result == CREATED]
        if announce:
            announce_created(announce)

    @staticmethod
    def _stage(cursor: Any, lines: list[ImportLine], ids: dict[int, Any]) -> None:
        tenant_id = str(current_tenant_id())
        cursor.execute(STAGE)
        with cursor.copy(f"COPY {TABLE} ({COLUMNS}) FROM STDIN") as copy:
            for line, code in zip(lines, new_referral_codes(len(lines)), strict=True):
                get = line.values.get
                custom = get("custom_fields")
                texts = [get(field, "") for field in TEXTS]
                copy.write_row(
                    (
                        *(tenant_id, line.line, ids[line.line], *texts, get("email"), get("phone_number")),
                        *(get("status"), array_literal(tuple(get("tags", ())))),
                        *(json.dumps(custom) if custom else "{}", code),
                    )
                )

    @staticmethod
    def _matched(cursor: Any) -> dict[int, Any]:
        cursor.execute(MATCHED)
        return dict(cursor.fetchall())

    def _update(self, cursor: Any) -> dict[Any, str]:
        cursor.execute(UPDATE_MATCHES)
        return dict.fromkeys((pk for (pk,) in cursor.fetchall()), UPDATED)

    def _outcome(self, line: ImportLine, pk: Any, match: Any, changed: dict[Any, str]) -> Outcome:
        if match == pk:
            return Outcome(line.line, CREATED, pk)
        if match is None:
            return Outcome(
                line.line, FAILED, None, "conflict", "The row could not be stored. Import it again.", line.cells
            )
        if match in changed:
            return Outcome(line.line, UPDATED, match)
        if self.job.on_conflict == "update":
            return Outcome(line.line, SKIPPED, match, "unchanged", "The contact already holds all of this.")
        by = "email address" if line.values.get("email") else "phone number"
        return Outcome(line.line, SKIPPED, match, "duplicate_contact", f"A contact with this {by} already exists.")

    def undo_created(self, record_ids: list[Any]) -> list[Any]:
        """Erase created contacts that nobody has edited or worked with since."""
        return erase_untouched(record_ids, actor=self.actor)
