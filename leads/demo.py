"""Leads, tasks and form settings of the demo workspace."""

import datetime as dt
import random
from typing import Any

from contacts.models import Contact
from leads.intake_settings import update_intake_settings
from leads.models import Lead, LeadEvent, Submission, Task
from leads.services import change_state, create_lead
from leads.todo import create_task

HOW_MANY = 250
FIRST = [
    "Amara",
    "Jonas",
    "Priya",
    "Daniel",
    "Sofia",
    "Ethan",
    "Mei",
    "Lucas",
    "Hannah",
    "Omar",
    "Grace",
    "Viktor",
    "Camila",
    "Noah",
    "Isla",
    "Rahul",
    "Chloe",
    "Ben",
    "Nadia",
    "Marcus",
    "Elena",
    "Tyler",
    "Aisha",
    "Gabriel",
    "Ruth",
    "Hector",
    "Joy",
    "Kenji",
    "Laura",
    "Dmitri",
    "Paula",
    "Andre",
    "Ingrid",
    "Samir",
    "Tessa",
    "Wesley",
]
LAST = [
    "Okafor",
    "Weber",
    "Raman",
    "Cho",
    "Marques",
    "Brooks",
    "Tanaka",
    "Meyer",
    "Lewis",
    "Haddad",
    "Nolan",
    "Lind",
    "Torres",
    "Fischer",
    "Murray",
    "Mehta",
    "Martin",
    "Carter",
    "Ellison",
    "Boyd",
    "Petrova",
    "Nguyen",
    "Rahman",
    "Silva",
    "Goldberg",
    "Reyes",
    "Park",
    "Sato",
    "Bianchi",
    "Volkov",
    "Herrera",
    "Moreau",
    "Olsen",
]
COMPANIES = [
    "Brightline Health",
    "Kestrel Logistics",
    "Lumen Analytics",
    "Harbor & Pine",
    "Atlas Robotics",
    "Ridgeway Solar",
    "Okada Foods",
    "Copperfield Media",
    "Emerald Dental",
    "Norrsken Energy",
    "Andes Foods",
    "Blau Studio",
    "Lochview Hotels",
    "Indus Textiles",
    "Foxglove Realty",
    "Summit Roofing",
    "Delta Freight",
    "Juniper Clinics",
    "Northgate Motors",
    "Cedar Bank",
]
AREAS = ("212 415 206 303 512 312 617 305 602 702 404 214").split()  # noqa: SIM905
SOURCES = ("web form", "web form", "import", "referral", "trade show", "cold list")
MESSAGES = (
    "We need a quote for 40 seats before our board meeting.",
    "Please call me after 2 pm, mornings are busy in the clinic.",
    "Our contract with the present vendor ends in January. What would a switch cost?",
    "Saw you at the conference in Austin. Would like a short demo.",
)
PATHS: tuple[tuple[str, ...], ...] = (
    (),
    (),
    (),
    ("reached_out",),
    ("reached_out",),
    ("reached_out", "qualified"),
    ("reached_out", "qualified", "converted"),
    ("reached_out", "lost"),
    ("lost",),
)
TASKS = (
    (Task.Kind.CALLBACK, "Call back about the quote", -20),
    (Task.Kind.CALLBACK, "Call back after their meeting", 45),
    (Task.Kind.FOLLOW_UP, "Send the price list", -90),
    (Task.Kind.FOLLOW_UP, "Ask how the trial is going", 180),
    (Task.Kind.EMAIL, "Write a summary of the call", 240),
    (Task.Kind.CALLBACK, "Call back on the new date", 1500),
)


def load_demo(*, tenant: Any, users: dict[str, Any], now: dt.datetime) -> None:
    """Make about 250 leads over the last 30 days, their history, and a day's worth of tasks for each person."""
    dice = random.Random(7)  # noqa: S311 - the same demo every time
    people = list(users.values())
    update_intake_settings(
        actor=people[0],
        changes={"assignment": "round_robin", "assignee_ids": [u.pk for u in people], "title": "Talk to Northwind"},
    )
    known = list(Contact.objects.active().filter(phone_number__isnull=False).order_by("id")[: HOW_MANY // 2])
    ages = sorted((dice.uniform(0.2, 30) ** 1.0 for _ in range(HOW_MANY - 6)), reverse=True)
    ages += [0.06, 0.03, 0.01, 0.004, 0.002, 0.0008]
    leads = [_lead(dice, n, known, people, now - dt.timedelta(days=age)) for n, age in enumerate(ages)]
    for person in people:
        mine = [lead for lead in leads if lead.owner_id == person.pk and lead.state != Lead.State.LOST]
        for (kind, title, minutes), lead in zip(TASKS, dice.sample(mine, min(len(TASKS), len(mine))), strict=False):
            create_task(actor=person, kind=kind, title=title, lead=lead, due_at=now + dt.timedelta(minutes=minutes))


def _person(dice: random.Random, n: int) -> dict[str, str]:
    first, last, company = dice.choice(FIRST), dice.choice(LAST), dice.choice(COMPANIES)
    domain = company.lower().replace(" & ", "").replace(" ", "")
    return {
        "first_name": first,
        "last_name": last,
        "company": company,
        "email": f"{first}.{last}{n}@{domain}.example".lower(),
        "phone_number": f"+1{dice.choice(AREAS)}55501{dice.randrange(100):02d}",
    }


def _lead(dice: random.Random, n: int, known: list[Contact], people: list[Any], at: dt.datetime) -> Lead:
    source = dice.choice(SOURCES)
    owner = dice.choice([*people, None])
    who = {"contact_id": known[n].pk} if n < len(known) else _person(dice, n)
    lead = create_lead(
        actor=None if source == "web form" else people[0],
        source=source,
        owner_id=getattr(owner, "pk", None),
        consent=source == "web form" and dice.random() < 0.8,
        message=dice.choice(MESSAGES) if source == "web form" else "",
        **who,
    )
    path = dice.choice(PATHS) if n < HOW_MANY - 6 else ()
    for state in path:
        lead = change_state(actor=owner or people[0], lead=lead, state=state)
    if source == "web form":
        Submission.objects.create(
            lead=lead, consent=lead.consent, consent_version=1, address="203.0.113.7", submitted_at=at
        )
    _move_back(dice, lead, at)
    return lead


def _move_back(dice: random.Random, lead: Lead, at: dt.datetime) -> None:
    """Give a lead and its history the times they would have had."""
    moment = at
    for event in LeadEvent.objects.filter(lead=lead).order_by("created_at", "id"):
        LeadEvent.objects.filter(pk=event.pk).update(created_at=moment)
        if event.data.get("after") == "reached_out":
            Lead.objects.filter(pk=lead.pk).update(reached_out_at=moment)
        moment += dt.timedelta(minutes=dice.choice([3, 4, 9, 35, 240]))
    Lead.objects.filter(pk=lead.pk).update(created_at=at)
    lead.refresh_from_db()
