"""The fields enrichment looks for, and which of a contact's values it may write.

`enrichment_data` of a contact holds, for each field found, its value and where it came from. A field of the
contact itself is written only while it is empty or still holds what enrichment wrote there: what a person
typed stays.
"""

from typing import Any

from contacts.models import Contact
from core.phones import InvalidPhone, parse_phone

LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Email",
    "phone_number": "Phone",
    "company": "Company",
    "title": "Title",
    "company_domain": "Website",
    "industry": "Industry",
    "company_size": "Employees",
    "location": "Location",
    "linkedin_url": "LinkedIn",
    "avatar_url": "Picture",
    "timezone": "Time zone",
}
OF_CONTACT = ("first_name", "last_name", "email", "phone_number", "company", "title")
WANTED = (*OF_CONTACT, "company_domain", "industry", "company_size", "location", "linkedin_url")
ALL = tuple(LABELS)
LONGEST = {"first_name": 128, "last_name": 128, "email": 254, "company": 200, "title": 200}


def held_value(contact: Contact, field: str) -> str:
    """What the contact holds in a field now."""
    if field in OF_CONTACT:
        return getattr(contact, field) or ""
    entry = contact.enrichment_data.get(field)
    return str(entry.get("value", "")) if isinstance(entry, dict) and not entry.get("undone") else ""


def provenance(contact: Contact, field: str) -> dict[str, Any] | None:
    """Where the present value came from, if enrichment wrote it and nobody changed it since."""
    entry = contact.enrichment_data.get(field)
    if not isinstance(entry, dict) or entry.get("undone"):
        return None
    return entry if held_value(contact, field) == entry.get("value") else None


def was_rejected(contact: Contact, field: str) -> bool:
    """Whether someone took back or deleted what enrichment had found."""
    entry = contact.enrichment_data.get(field)
    return isinstance(entry, dict) and (bool(entry.get("undone")) or not held_value(contact, field))


def wanted_fields(contact: Contact, *, by_hand: bool, dead_number: str = "") -> list[str]:
    """The fields worth asking for.

    Empty ones and those that enrichment itself filled (an answer in the cache costs nothing, an old one is
    renewed); not those a person typed. Unless a person asks, not those someone took back.
    """
    if dead_number:
        return ["phone_number"]
    wanted = []
    for field in WANTED:
        empty = not held_value(contact, field)
        if (empty and (by_hand or not was_rejected(contact, field))) or (not empty and provenance(contact, field)):
            wanted.append(field)
    return wanted


def may_write(contact: Contact, field: str, provider: str, *, dead_number: str = "") -> bool:
    """Whether a provider may set a field: it is empty, its own earlier find, or the number that is dead."""
    if not held_value(contact, field):
        return True
    if field == "phone_number" and dead_number and contact.phone_number == dead_number:
        return True
    entry = provenance(contact, field)
    return entry is not None and entry.get("provider") == provider


def clean_value(field: str, value: str, *, region: str = "US") -> str:
    """A provider's value as it may be stored; empty when it is unusable."""
    text = " ".join(str(value).replace("\x00", "").split())
    if field == "phone_number":
        try:
            return parse_phone(text, region=region).e164
        except InvalidPhone:
            return ""
    return text if len(text) <= LONGEST.get(field, 300) else ""
