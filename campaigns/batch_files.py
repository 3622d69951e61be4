"""People from a file for a campaign: read with the importer's eyes, matched to contacts in bulk."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db.models.functions import Lower

from accounts.models import Tenant
from campaigns.models import LeadBatch
from campaigns.people import Person, Tally
from contacts.mapping import LEAD_FIELDS, InvalidMapping, RowMapper, guess_mapping, parse_mapping, targets_of
from contacts.models import Contact
from contacts.services import announce_created
from contacts.values import clean_custom_fields, clean_email, clean_line
from core import file_store
from core.phones import InvalidPhone, parse_phone
from core.problems import InvalidInput
from core.tabular import Row, Sniffed, TableError, read_batches, sniff

MOST_BYTES = 50 * 1024 * 1024
_STATUS = {"too_large": 413}


class UnreadableFile(InvalidInput):
    """The file is no table, or has no column with phone numbers."""


def open_file(batch: LeadBatch, file: Any, mapping: dict[str, str] | None) -> None:
    """Look at an uploaded file, settle which column is what, and keep the file; raises UnreadableFile."""
    batch.file_name = file_store.display_name(file.name or "")
    with tempfile.NamedTemporaryFile(suffix=Path(batch.file_name).suffix[:10]) as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        found = _sniff(Path(copy.name), batch.file_name)
        targets = _targets(found, mapping)
        batch.file = file_store.keep(content=copy, room="campaign-lists", extension=Path(batch.file_name).suffix[:10])
    batch.total = found.lines
    batch.selection = {"targets": targets, "header": list(found.header)}


def next_file_rows(batch: LeadBatch, size: int, tally: Tally) -> tuple[list[Person], str, int]:
    """The people of the next rows, matched or made; the place after them; how many rows were read."""
    with tempfile.NamedTemporaryFile(suffix=Path(batch.file).suffix) as copy:
        with default_storage.open(batch.file, "rb") as stored:
            for chunk in stored.chunks():
                copy.write(chunk)
        copy.flush()
        path = Path(copy.name)
        part = next(read_batches(path, _sniff(path, batch.file_name), size=size, resume=batch.position), None)
    if part is None:
        file_store.forget_later(batch.file)
        return [], batch.position, 0
    mapper = RowMapper(batch.selection["targets"], batch.selection["header"])
    region = str(Tenant.objects.values_list("default_region", flat=True).get())
    rows = [fields for row in part.rows if (fields := _read(row, mapper, region, tally))]
    return _people(rows), part.resume, len(part.rows)


def _sniff(path: Path, name: str) -> Sniffed:
    try:
        return sniff(path, name=name)
    except TableError as error:
        raise UnreadableFile(str(error), field="file", field_code=error.code) from None


def _targets(found: Sniffed, mapping: dict[str, str] | None) -> list[str]:
    try:
        if mapping is not None:
            targets = parse_mapping(mapping, found.header, fields=LEAD_FIELDS)
        else:
            targets = targets_of(guess_mapping(found.header, found.samples, fields=LEAD_FIELDS))
    except InvalidMapping as error:
        raise UnreadableFile(error.detail, field="mapping", field_code=error.code) from None
    if not any(target.startswith("phone_number") for target in targets):
        raise UnreadableFile("No column holds phone numbers.", field="file", field_code="missing_column")
    return targets


def _read(row: Row, mapper: RowMapper, region: str, tally: Tally) -> dict[str, Any] | None:
    """One row as checked fields, or None with the reason counted."""
    if row.fault:
        tally.refuse(row.fault, line=row.line)
        return None
    fields = mapper(row.cells)
    try:
        number = parse_phone(fields.get("phone_number", ""), region=region)
        return {
            "line": row.line,
            "number": number.e164,
            "email": (clean_email(fields.get("email")) or "").lower(),
            "custom_fields": clean_custom_fields(fields.get("custom_fields", {})),
            **{name: clean_line(fields.get(name, ""), name) for name in ("first_name", "last_name", "company")},
        }
    except InvalidPhone as error:
        tally.refuse(error.code if fields.get("phone_number") else "no_phone_number", words=error.reason, line=row.line)
    except InvalidInput as error:
        code = error.extra.get("errors", [{}])[0].get("code", error.code)
        tally.refuse(code, words=error.detail, line=row.line)
    return None


def _people(rows: list[dict[str, Any]]) -> list[Person]:
    """Rows as people: their contacts by email, then by number, made where there are none."""
    by_email, by_number = _known(rows)
    made: list[Contact] = []
    people = []
    for row in rows:
        contact = by_email.get(row["email"]) or by_number.get(row["number"])
        if contact is None:
            names = {name: row[name] for name in ("first_name", "last_name", "company")}
            contact = Contact(phone_number=row["number"], email=row["email"] or None, **names)
            made.append(contact)
            by_number[row["number"]] = contact
            if row["email"]:
                by_email[row["email"]] = contact
        people.append(
            Person(
                contact_id=contact.pk,
                number=row["number"],
                first_name=row["first_name"] or contact.first_name,
                last_name=row["last_name"] or contact.last_name,
                timezone=contact.timezone,
                custom_fields=row["custom_fields"],
            )
        )
    Contact.objects.bulk_create(made, batch_size=1_000)
    announce_created([contact.pk for contact in made])
    return people


def _known(rows: list[dict[str, Any]]) -> tuple[dict[str, Contact], dict[str, Contact]]:
    emails = [row["email"] for row in rows if row["email"]]
    found = Contact.objects.active().alias(address=Lower("email")).filter(address__in=emails)
    by_email = {(contact.email or "").lower(): contact for contact in found}
    numbers = Contact.objects.active().filter(phone_number__in=[row["number"] for row in rows])
    return by_email, {c.phone_number or "": c for c in numbers.order_by("-created_at", "-id")}
