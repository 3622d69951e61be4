"""The people of an import proof, and what is done with them inside the world's environment.

`python -m bench.contacts_people make|start|undo …` prints one line of JSON. `PeopleFile` needs no Django:
it knows by construction what must stand in the table after its import.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADER = "First Name,Last Name,E-mail,Mobile Phone,Company,Labels"


@dataclass(frozen=True)
class PeopleFile:
    """So many rows: of a hundred, one is refused, two repeat the row before, ten fill a known contact in."""

    rows: int

    def kind(self, n: int) -> str:
        """What must become of row `n`."""
        if n % 100 == 0:
            return "failed"
        if n % 50 == 7:
            return "skipped"
        return "updated" if n % 10 == 3 else "created"

    def person(self, n: int) -> tuple[str, str, str, str]:
        """(first name, email, phone, company) that row `n` brings."""
        return (
            f"Pat{n}",
            f"pat{n}@firm{n % 997}.example",
            f"+1{212 + n % 7}55{n % 10}{n % 9000 + 1000:04}",
            f"Firm {n % 997}",
        )

    def line(self, n: int) -> str:
        """Row `n` as it stands in the file."""
        kind = self.kind(n)
        first, email, phone, company = self.person(n - 1 if kind == "skipped" else n)
        email = f"no email {n}" if kind == "failed" else email
        return f'{first},"Lee, Jr.",{email},({phone[2:5]}) {phone[5:8]}-{phone[8:]},{company},Summer; Fair'

    def text(self) -> str:
        """The whole file."""
        return "\n".join([HEADER, *map(self.line, range(self.rows)), ""])

    def known(self) -> list[int]:
        """Rows whose person stands in the table before the import."""
        return [n for n in range(self.rows) if self.kind(n) == "updated"]

    def expected(self) -> dict[str, Any]:
        """Counts and checksum that the import must end with."""
        kinds = [self.kind(n) for n in range(self.rows)]
        people = sorted("|".join(self.person(n)) for n, kind in enumerate(kinds) if kind in ("created", "updated"))
        counts = {kind: kinds.count(kind) for kind in ("created", "updated", "skipped", "failed")}
        return {"counts": counts, "lines": self.rows, "people": _digest(people)}


def _digest(lines: list[str]) -> str:
    return hashlib.md5("\n".join(lines).encode(), usedforsecurity=False).hexdigest()


def found(ask: Any, tenant: str, job: str | None = None) -> dict[str, Any]:
    """Counts and checksums of the table and of an import; `ask(sql, *params)` answers rows, past tenant walls."""
    lines = ask("SELECT first_name, email, phone_number, company FROM contacts_contact WHERE tenant_id = %s", tenant)
    every = "SELECT md5((to_jsonb(c) - 'updated_at')::text) FROM contacts_contact c WHERE tenant_id = %s ORDER BY 1"
    told: dict[str, Any] = {
        "people": _digest(sorted("|".join(map(str, line)) for line in lines)),
        "table": _digest([row for (row,) in ask(every, tenant)]),
    }
    if job:
        created, updated, skipped, failed = ask(
            "SELECT created, updated, skipped, failed FROM contacts_import WHERE id = %s", job
        )[0]
        told["counts"] = {"created": created, "updated": updated, "skipped": skipped, "failed": failed}
        told["lines"] = ask("SELECT count(DISTINCT line) FROM contacts_importrow WHERE job_id = %s", job)[0][0]
    return told


def make(rows: int) -> dict[str, Any]:
    """A workspace with the known contacts in it."""
    from accounts.services import create_workspace
    from contacts.models import Contact
    from core.scope import tenant_scope

    file = PeopleFile(rows)
    made = create_workspace(name="Kills", email=f"{uuid.uuid4().hex[:8]}@kills.test", password="kills-kills")
    with tenant_scope(uuid.UUID(made["tenant_id"])):
        people = [Contact(first_name="Old", email=file.person(n)[1], tags=["Old"]) for n in file.known()]
        Contact.objects.bulk_create(people, batch_size=2000)
    return {"tenant": made["tenant_id"]}


def start(tenant: str, path: str) -> dict[str, Any]:
    """Upload the file and let the workers begin."""
    from django.core.files import File

    from accounts.models import User
    from contacts.importing.services import import_file
    from core.scope import tenant_scope

    with tenant_scope(uuid.UUID(tenant)), Path(path).open("rb") as handle:
        job = import_file(actor=User.objects.get(), upload=File(handle, name="people.csv"), on_conflict="update")
        return {"import": str(job.pk)}


def undo(tenant: str, job: str) -> dict[str, Any]:
    """Ask for the import to be taken back."""
    from accounts.models import User
    from contacts.importing.services import undo_import
    from contacts.models import Import
    from core.scope import tenant_scope

    with tenant_scope(uuid.UUID(tenant)):
        undo_import(actor=User.objects.get(), job=Import.objects.get(pk=job))
    return {}


def main() -> None:
    """One command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    import django

    django.setup()
    name, *values = sys.argv[1:]
    told = make(int(values[0])) if name == "make" else start(*values) if name == "start" else undo(*values)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
