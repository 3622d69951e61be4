"""The timeline of a contact: one ordered stream that every app adds its events to.

An app registers a source in its `AppConfig.ready`: a function from a contact, a time and a number to the
newest events before that time. Sources read with a constant number of queries.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils import timezone

from contacts.models import Contact, ContactChange, Import, ImportRow, Merge


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a contact. `kind` is a stable word (note, call, change, import, …)."""

    at: dt.datetime
    kind: str
    title: str
    detail: str = ""
    body: str = ""
    icon: str = "circle"
    tone: str = ""
    url: str = ""
    actor: str = ""
    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)


Source = Callable[[Contact, dt.datetime, int], Iterable[Event]]
_sources: dict[str, Source] = {}


def register_source(name: str, source: Source) -> None:
    """Add a source of events; registering the same name again replaces it."""
    _sources[name] = source


def timeline_of(
    contact: Contact, *, before: dt.datetime | None = None, most: int = 50, kinds: Iterable[str] = ()
) -> list[Event]:
    """The newest events of a contact before a time, from every source, newest first."""
    until = before or timezone.now() + dt.timedelta(days=1)
    wanted = set(kinds)
    events = [event for source in _sources.values() for event in source(contact, until, most)]
    if wanted:
        events = [event for event in events if event.kind in wanted]
    return sorted(events, key=lambda e: (e.at, e.id), reverse=True)[:most]


def as_data(event: Event) -> dict[str, Any]:
    """An event as plain data for the API."""
    return asdict(event)


_LABELS = {
    "first_name": "first name", "last_name": "last name", "email": "email", "phone_number": "phone number",
    "company": "company", "title": "job title", "status": "status", "tags": "tags", "notes": "about",
    "custom_fields": "custom fields", "timezone": "time zone", "owner_id": "owner", "deleted_at": "trash",
}  # fmt: skip


def _change_words(changes: dict[str, Any]) -> tuple[str, str, str, str]:
    """(kind, title, body, icon) of one change."""
    if "deleted_at" in changes:
        gone = changes["deleted_at"][1] is not None
        return "trash", "Moved to the trash" if gone else "Restored from the trash", "", "trash-2" if gone else "undo-2"
    lines = []
    for name, (before, after) in changes.items():
        if name == "owner_id":
            lines.append("Owner changed")
        elif name == "tags":
            added, removed = set(after) - set(before), set(before) - set(after)
            lines += [f"+ {', '.join(sorted(added))}"] if added else []
            lines += [f"− {', '.join(sorted(removed))}"] if removed else []
        elif name == "custom_fields":
            keys = [k for k in {**before, **after} if before.get(k) != after.get(k)]
            lines += [f"{k}: {before.get(k, '—')} → {after.get(k, '—')}" for k in keys]
        elif name == "notes":
            lines.append("About text changed")
        else:
            lines.append(f"{_LABELS.get(name, name)}: {before or '—'} → {after or '—'}")
    if set(changes) == {"status"}:
        return "status", "Status changed", lines[0], "arrow-right-left"
    names = ", ".join(_LABELS.get(name, name) for name in changes)
    return "change", f"Changed {names}", "\n".join(lines), "pencil"


def _change_events(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    rows = ContactChange.objects.filter(contact=contact, created_at__lt=before).select_related("actor")[:most]
    for row in rows:
        kind, title, body, icon = _change_words(row.changes)
        through = row.source.partition(":")[0]
        yield Event(
            at=row.created_at,
            kind=kind,
            title=title,
            detail={"import": "by an import", "bulk": "by a bulk action", "undo": "by an undo"}.get(through, ""),
            body=body,
            icon=icon,
            actor=str(row.actor) if row.actor else row.actor_name,
            id=str(row.pk),
            data={"changes": row.changes, "source": row.source},
        )


def _import_events(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    rows = ImportRow.objects.filter(record_id=contact.pk, created_at__lt=before, result__in=("created", "updated"))
    for row in rows.select_related("job", "job__created_by").order_by("-created_at")[:most]:
        job: Import = row.job
        yield Event(
            at=row.created_at,
            kind="import",
            title="Imported" if row.result == "created" else "Filled in by an import",
            detail=f"from {job.file_name}, line {row.line}",
            icon="file-up",
            url=f"/contacts/imports/{job.pk}",
            actor=str(job.created_by or ""),
            id=str(row.pk),
        )


def _merge_events(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    for row in Merge.objects.filter(kept=contact, created_at__lt=before).select_related("actor")[:most]:
        yield Event(
            at=row.created_at,
            kind="merge",
            title="Merged with another contact" + (" (split again)" if row.undone_at else ""),
            icon="git-merge",
            actor=str(row.actor or ""),
            id=str(row.pk),
            data={"merge_id": str(row.pk)},
        )


def _beginning(contact: Contact, before: dt.datetime, most: int) -> Iterable[Event]:
    if contact.created_at < before:
        yield Event(
            at=contact.created_at, kind="created", title="Contact created", icon="user-plus", id=str(contact.pk)
        )


register_source("changes", _change_events)
register_source("imports", _import_events)
register_source("merges", _merge_events)
register_source("beginning", _beginning)
