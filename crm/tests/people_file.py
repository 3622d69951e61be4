"""A contact file as an everyday address book exports it: quoted, with headers of its own, and a few bad rows.

Numbers are of the fictional range 555-01XX; on the simulated network the last two digits say how a call ends.
"""

from __future__ import annotations

import csv
import io
import math
import os

GOOD = int(os.environ.get("WALK_PEOPLE", "60"))
"""How many people can be called, 500 at most; `script/prove walk` takes all."""
REPEATED = 2
_BEFORE = min(120, GOOD // 2)
_TWO_LINES = 50
REFUSED_LINES = tuple(2 + _BEFORE + math.ceil(_BEFORE / _TWO_LINES) + row for row in range(3))
"""Where the bad rows begin: after the header, and every fiftieth row before them takes two lines."""
ROWS = GOOD + len(REFUSED_LINES) + REPEATED
HEADER = (
    "Given Name",
    "Family Name",
    "E-mail 1 - Value",
    "Mobile #",
    "Phone (Work)",
    "Organization Name",
    "Organization Title",
    "Labels",
    "How we met",
)
_FIRST = "James Maria Robert Linda Wei Patricia Omar Jennifer Luis Aisha David Elena Kofi Susan Raj Karen Diego Nancy Hana Paul"
_LAST = "Smith Garcia O'Neill Nguyen Johnson Okafor Lee Kowalski Brown Haddad Martinez Davis Cohen Wilson Singh Moore Rossi Clark Tanaka Young Hall Perez King Wright Lopez"
_FIRMS = (
    "Harbor Dental|Blue Mesa Roofing|Lakeside Realty, LLC|Pine & Oak Furniture|Summit Physical Therapy|Brightline Solar"
)
_TITLES = "Owner|Office manager|Director of operations|Buyer|Practice manager"
_AREAS = "202 206 212 213 214 215 216 303 305 312 313 314 404 415 480 503 512 602 612 617 702 713 773 808 813"
_WRITINGS = (
    "({0}) 555-01{1:02d}",
    "{0}-555-01{1:02d}",
    "+1 {0} 555 01{1:02d}",
    "{0}.555.01{1:02d}",
    "1{0}55501{1:02d}",
)


def person(index: int) -> list[str]:
    """The row of one of the good people; the same every time."""
    first, last = _FIRST.split()[index % 20], _LAST.split()[index // 20]
    firm, title = _FIRMS.split("|")[index % 6], _TITLES.split("|")[index % 5]
    area, line = _AREAS.split()[index % 25], (index // 25 * 5 + index % 5) * 37 % 100
    mobile = _WRITINGS[index % 5].format(area, line)
    work = _WRITINGS[0].format("919", line) if index % 4 == 0 else ""
    email = f"{first}.{last}.{index}@mail{index % 6}.example".lower().replace("'", "")
    said = 'Said "call me",\nthen left' if index % _TWO_LINES == 0 else "Trade fair"
    return [first, last, email, mobile, work, firm, title, "Fair 2026 ; Newsletter", said]


def people_csv() -> bytes:
    """The file."""
    bad = [
        ["Nobody", "Reachable", "", "", "", "Harbor Dental", "", "", ""],
        ["Half", "Address", "half.address-at-example", "", "", "", "", "", ""],
        ["Short", "Number", "", "555-01", "", "", "", "", ""],
    ]
    rows = [person(index) for index in range(GOOD)]
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows([*rows[:_BEFORE], *bad, *rows[_BEFORE:], *rows[:REPEATED]])
    return out.getvalue().encode("utf-8-sig")
