"""People of the demo workspace: plausible, fictional, reachable only on the simulated phone network."""

import datetime as dt
import random
from typing import Any

from accounts.models import Tenant, User
from contacts.models import Contact, CustomField, SavedView, Tag, new_referral_code
from core.ids import uuid7

FIRST = (
    "Olivia", "Liam", "Emma", "Noah", "Ava", "Ethan", "Sophia", "Mason", "Isabella", "Logan", "Mia", "Lucas",
    "Charlotte", "Jackson", "Amelia", "Aiden", "Harper", "Carter", "Evelyn", "Wyatt", "Abigail", "Owen", "Emily",
    "Caleb", "Ella", "Nathan", "Grace", "Isaac", "Chloe", "Julian", "Layla", "Levi", "Zoe", "Aaron", "Nora", "Eli",
    "Hazel", "Jonah", "Aria", "Miles", "Priya", "Diego", "Amara", "Kenji", "Fatima", "Mateo", "Ingrid", "Tariq",
    "Lucia", "Wei",
)  # fmt: skip
LAST = (
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez",
    "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee",
    "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson", "Walker", "Young",
    "Allen", "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores", "Okafor", "Patel", "Kim", "Novak",
    "Haddad", "Cho", "Lindqvist", "Moreau", "Rossi", "Tanaka",
)  # fmt: skip
COMPANIES = (
    "Brightline Health", "Kestrel Logistics", "Lumen Analytics", "Harbor & Pine", "Atlas Robotics", "Ridgeway Solar",
    "Copperfield Media", "Emerald Dental", "Norrsken Energy", "Andes Foods", "Blau Studio", "Lochview Hotels",
    "Indus Textiles", "Atelier Nord", "Foxglove Realty", "Summit Roofing", "Bluebird Insurance", "Cedar Creek Farms",
    "Granite Legal", "Pioneer Plumbing", "Northgate Fitness", "Silver Oak Wealth", "Tidewater Marine", "Urban Sprout",
    "Vista Eye Care", "Willow Street Bakery", "Crescent Veterinary", "Redwood Payroll", "Meridian Freight",
    "Opal Events",
)  # fmt: skip
TITLES = (
    "Owner", "VP Operations", "Head of Sales", "RevOps Lead", "Office Manager", "COO", "CFO", "Procurement Manager",
    "Practice Manager", "Marketing Director", "Founder", "General Manager", "IT Director", "Buyer",
)  # fmt: skip
AREAS = ("212", "415", "206", "303", "512", "617", "312", "305", "404", "602", "503", "702", "619", "214", "704")
TAGS = (
    ("VIP", "amber"),
    ("renewal", "violet"),
    ("trade show", "blue"),
    ("referral", "green"),
    ("newsletter", "gray"),
    ("West coast", "blue"),
)
ABOUT = (
    "Met at the trade show in Denver. Prefers calls before ten.",
    "Asked for a quote over forty seats; decides with the CFO.",
    "Uses a competitor until January.",
    "Wants everything by email first.",
    "Long-time customer, happy to give a reference.",
)
STATUSES = ("lead",) * 11 + ("opportunity",) * 5 + ("customer",) * 3 + ("churned",)


def load_demo(*, tenant: Tenant, users: dict[str, User], now: dt.datetime, count: int = 400) -> list[Contact]:
    """Make tags, custom fields, views and contacts in the open workspace; return the contacts."""
    people = list(users.values())
    rng = random.Random(7)  # noqa: S311 - the same people on every machine
    Tag.objects.bulk_create([Tag(name=name, color=color) for name, color in TAGS], ignore_conflicts=True)
    CustomField.objects.bulk_create(
        [
            CustomField(key="plan", label="Plan", kind="choice", choices=["Starter", "Team", "Enterprise"], position=0),
            CustomField(key="seats", label="Seats", kind="number", position=1),
            CustomField(key="renewal_date", label="Renewal date", kind="date", position=2),
            CustomField(key="newsletter", label="Gets the newsletter", kind="boolean", position=3),
        ],
        ignore_conflicts=True,
    )
    contacts = [_person(rng, number, people, now) for number in range(count)]
    Contact.objects.bulk_create(contacts, batch_size=500)
    for name, query, shared in (
        ("West coast, leads", "status=lead&tag=West+coast", True),
        ("Renewals", "tag=renewal&ordering=company", True),
        ("My customers", f"status=customer&owner={people[0].pk}", False),
    ):
        SavedView.objects.create(kind="contacts", name=name, query=query, owner=people[0], is_shared=shared)
    return contacts


def _person(rng: random.Random, number: int, people: list[User], now: dt.datetime) -> Contact:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    company = rng.choice(COMPANIES)
    domain = company.lower().replace(" & ", "-").replace(" ", "") + ".example"
    area = AREAS[number // 100 % len(AREAS)] if number < 1500 else rng.choice(AREAS)
    west = area in ("415", "206", "503", "619", "702")
    chosen = rng.sample([name for name, _ in TAGS[:5]], k=rng.choice((0, 0, 1, 1, 2)))
    contact = Contact(
        id=uuid7(),
        first_name=first,
        last_name=last,
        email=f"{first}.{last}{number}@{domain}".lower(),
        phone_number=f"+1{area}55501{number % 100:02d}",
        company=company,
        title=rng.choice(TITLES),
        status=rng.choice(STATUSES),
        tags=[*chosen, "West coast"] if west else chosen,
        notes=rng.choice(ABOUT) if rng.random() < 0.2 else "",
        custom_fields=_fields(rng, now),
        owner=rng.choice([*people, None]),
        referral_code=new_referral_code(),
    )
    contact.created_at = now - dt.timedelta(days=rng.uniform(0, 90) ** 1.0, minutes=number)
    return contact


def _fields(rng: random.Random, now: dt.datetime) -> dict[str, Any]:
    if rng.random() < 0.4:
        return {}
    return {
        "plan": rng.choice(("Starter", "Team", "Enterprise")),
        "seats": rng.choice((5, 10, 25, 40, 120)),
        "renewal_date": (now + dt.timedelta(days=rng.randint(5, 400))).date().isoformat(),
        "newsletter": rng.random() < 0.5,
    }
