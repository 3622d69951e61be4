"""Importing ties: each row names two contacts by their email addresses or phone numbers, and how strong the tie is."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models.functions import Lower

from accounts.principals import Actor
from contacts.header_words import normalise
from contacts.importing.kinds import CREATED, FAILED, SKIPPED, ImportLine, Outcome, register
from contacts.importing.services import keep_upload
from contacts.models import Contact, Import
from contacts.values import default_region
from core.ids import uuid7
from core.phones import InvalidPhone, parse_phone
from core.problems import InvalidInput
from network.models import Relationship
from network.ties import DRAWN_STRENGTH, clean_strength, lock_graph

_YES = frozenset(("yes", "y", "true", "1", "x", "mutual", "both", "ja", "oui", "si"))
_NO = frozenset(("no", "n", "false", "0", "one way", "nein", "non"))
_WORDS = {
    "strength": frozenset(("strength", "weight", "closeness", "tie strength", "score", "starke", "force", "fuerza")),
    "mutual": frozenset(("mutual", "both ways", "two way", "bidirectional", "reciprocal", "gegenseitig")),
}


def guess_targets(header: Sequence[str], guessed: Sequence[str]) -> list[str]:
    """Where the columns of a file of ties go: two columns of addresses, strength, mutual; nothing else matters."""
    targets = [next((t for t, words in _WORDS.items() if normalise(name) in words), "") for name in header]
    for field in ("email", "phone_number"):
        places = [place for place, target in enumerate(guessed) if re.fullmatch(rf"{field}(_\d+)?", target)]
        if len(places) >= 2:
            targets[places[0]], targets[places[1]] = field, f"{field}_2"
            break
    return targets


def keep_ties(*, upload: Any, actor: Actor) -> Import:
    """Store a file of ties as a draft of an import, its columns guessed. Raises what `keep_upload` does."""
    with transaction.atomic():
        job = keep_upload(upload=upload, actor=actor, kind=TieRows.name)
        if not job.mapping.get("remembered"):
            job.mapping = {"targets": guess_targets(job.options["file"]["header"], job.mapping["targets"])}
            job.save(update_fields=["mapping"])
    return job


@register
class TieRows:
    """Rows of a file as ties. Both people must be contacts already; a tie that is there stays as it is."""

    name: ClassVar[str] = "ties"
    fields: ClassVar[Sequence[str]] = ("email", "phone_number", "strength", "mutual")
    labels: ClassVar[dict[str, str]] = {
        "email": "One person’s email", "email_2": "The other’s email", "phone_number": "One person’s phone",
        "phone_number_2": "The other’s phone", "strength": "Strength", "mutual": "Walked both ways",
    }  # fmt: skip
    takes_custom_fields: ClassVar[bool] = False

    def __init__(self, job: Import) -> None:
        self.job = job
        self.region = default_region()

    def clean(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Check one row; raises InvalidInput."""
        emails = [email.strip().lower() for email in (raw.get("email"), *raw.get("other_emails", ())) if email]
        phones = [number for number in (raw.get("phone_number"), *raw.get("other_phones", ())) if number]
        if len(emails) == 2:
            ends = emails
        elif len(phones) == 2:
            ends = [self._phone(number) for number in phones]
        else:
            raise InvalidInput("The row must name two people.", field="email", field_code="required")
        if ends[0] == ends[1]:
            raise InvalidInput("Nobody is tied to themselves.", field="email", field_code="self_relationship")
        return {"ends": ends, "strength": _strength(raw.get("strength")), "mutual": _mutual(raw.get("mutual"))}

    def _phone(self, number: str) -> str:
        try:
            return parse_phone(number, region=self.region).e164
        except InvalidPhone as error:
            raise InvalidInput(error.reason, field="phone_number", field_code=error.code) from None

    def identity(self, values: dict[str, Any]) -> list[str]:
        """The two people, whichever comes first."""
        return ["|".join(sorted(values["ends"]))]

    def store(self, lines: list[ImportLine]) -> list[Outcome]:
        """Tie the pairs that are not tied yet. Locks the graph of the workspace."""
        lock_graph()
        people = _people({end for line in lines for end in line.values["ends"]})
        ids = {person.pk for person in people.values()}
        rows = Relationship.objects.filter(from_contact__in=ids, to_contact__in=ids)
        tied = {frozenset(pair) for pair in rows.values_list("from_contact_id", "to_contact_id")}
        ties: list[Relationship] = []
        outcomes = [self._tie(line, people, tied, ties) for line in lines]
        Relationship.objects.bulk_create(ties)
        return outcomes

    def _tie(
        self, line: ImportLine, people: dict[str, Contact], tied: set[frozenset[Any]], ties: list[Relationship]
    ) -> Outcome:
        missing = [end for end in line.values["ends"] if end not in people]
        if missing:
            words = f"Nobody among the contacts has {missing[0][:100]}."
            return Outcome(line.line, FAILED, None, "unknown_contact", words, line.cells)
        one, other = (people[end] for end in line.values["ends"])
        if one.pk == other.pk or frozenset((one.pk, other.pk)) in tied:
            return Outcome(line.line, SKIPPED, None, "relationship_exists", "These two contacts are tied already.")
        tied.add(frozenset((one.pk, other.pk)))
        strength = line.values["strength"]
        line.values |= {"first_name": one.name, "last_name": f"knows {other.name}"}
        tie = Relationship(
            id=uuid7(),
            from_contact=one,
            to_contact=other,
            strength=DRAWN_STRENGTH if strength is None else clean_strength(strength),
            strength_is_manual=strength is not None,
            mutual=line.values["mutual"],
            source="import",
        )
        ties.append(tie)
        return Outcome(line.line, CREATED, tie.pk)

    def undo_created(self, record_ids: list[Any]) -> list[Any]:
        """End the ties that came with the import."""
        rows = Relationship.objects.filter(pk__in=record_ids, source="import")
        gone = list(rows.values_list("pk", flat=True))
        rows.delete()
        return gone


def _people(ends: set[str]) -> dict[str, Contact]:
    """Active contacts by email in lower case and by phone number; of several with one number the oldest."""
    emails = {end for end in ends if "@" in end}
    found: dict[str, Contact] = {}
    rows = Contact.objects.active().order_by("-created_at", "-id")
    for contact in rows.filter(phone_number__in=ends - emails):
        found[contact.phone_number] = contact
    for contact in rows.annotate(lowered=Lower("email")).filter(lowered__in=emails):
        found[contact.lowered] = contact
    return found


def _strength(text: str | None) -> float | None:
    """0.8, 0,8 or 80 %; None for a blank cell."""
    if not text:
        return None
    plain = text.strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?\s*%?", plain):
        raise InvalidInput(f"“{text[:40]}” is no strength from 0 to 1.", field="strength", field_code="invalid")
    value = float(plain.rstrip("% ")) / (100 if plain.endswith("%") else 1)
    if value > 1:
        raise InvalidInput("The strength is a number from 0 to 1.", field="strength", field_code="out_of_range")
    return value


def _mutual(text: str | None) -> bool:
    word = normalise(text or "yes")
    if word not in _YES | _NO:
        raise InvalidInput(f"“{(text or '')[:40]}” is neither yes nor no.", field="mutual", field_code="invalid")
    return word in _YES
