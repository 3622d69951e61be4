"""Sample rows for the component gallery at /ui; no product page uses them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms, template
from django.utils import timezone

register = template.Library()

_PEOPLE: Final = """
Amara Okafor|Brightline Health|VP Operations|+14155550134|pending|86
Jonas Weber|Kestrel Logistics|Head of Sales|+493055500118|reached_out|74
Priya Raman|Lumen Analytics|RevOps Lead|+12125550199|qualified|91
Daniel Cho|Harbor & Pine|Owner|+12065550147|callback|63
Sofia Marques|Atlas Robotics|COO|+351215550120|converted|97
Ethan Brooks|Ridgeway Solar|Procurement|+13035550162|no_answer|41
Mei Tanaka|Okada Foods|Director|+81355501100|do_not_call|12
Lucas Meyer|Feldmann AG|CTO|+41445550121|reached_out|58
Hannah Lewis|Copperfield Media|CMO|+442079460958|qualified|82
Omar Haddad|Sahara Cloud|Founder|+97145550133|pending|55
Grace Nolan|Emerald Dental|Practice Manager|+35315550144|callback|69
Viktor Lind|Norrsken Energy|CFO|+46855500121|reached_out|77
Łucja Żółć|Zażółć Foods|Sales Ops|+48225550170|pending|49
Noah Fischer|Blau Studio|Partner|+498955501720|converted|94
"""
_FUNNEL: Final = (
    ("Leads", 2400, 1.0, "", "gray"),
    ("Dialed", 1872, 0.78, "78%", ""),
    ("Answered", 811, 0.338, "43%", ""),
    ("Conversation", 571, 0.238, "70%", ""),
    ("Qualified", 168, 0.07, "29%", "green"),
)
_LIVE: Final = (
    ("Hannah Lewis", "Copperfield Media", "In conversation", "green", 102),
    ("Viktor Lind", "Norrsken Energy", "In conversation", "green", 38),
    ("Daniel Cho", "Harbor & Pine", "Ringing", "amber", 9),
    ("Isla Murray", "Lochview Hotels", "Voicemail", "gray", 21),
    ("Ben Carter", "Foxglove Realty", "Dialing", "blue", 2),
)
_BOARD: Final = (
    (
        "New",
        "gray",
        42,
        318000,
        (("Okada Foods", "Mei Tanaka", 18000, "3d"), ("Andes Foods", "Camila Torres", 9400, "1d")),
    ),
    ("Contacted", "blue", 27, 402000, (("Feldmann AG", "Lucas Meyer", 42000, "5h"),)),
    ("Qualified", "violet", 14, 511000, (("Lumen Analytics", "Priya Raman", 64000, "2m"),)),
    ("Won", "green", 9, 276000, (("Atlas Robotics", "Sofia Marques", 88000, "3d"),)),
)
_SAID: Final = (
    (4, "agent", "Hi Priya, this is Nova calling for Northwind about your renewal. Is now a good time?"),
    (11, "Priya", "Sure, I have about five minutes before a meeting."),
    (19, "agent", "You asked for a 40-seat quote. When does the board decide?"),
)
_PEAKS: Final = ",".join(str(18 + (index * 37 + index * index * 11) % 79) for index in range(96))


class SampleForm(forms.Form):
    """Every kind of control, one of them wrong."""

    name = forms.CharField(label="Name", max_length=80)
    email = forms.EmailField(label="Email", help_text="Where the confirmation goes.")
    status = forms.ChoiceField(label="Status", choices=[("lead", "Lead"), ("customer", "Customer")])
    notes = forms.CharField(label="Notes", widget=forms.Textarea, required=False)
    consent = forms.BooleanField(label="May be called", help_text="Recorded with date and wording.", required=False)
    channel = forms.ChoiceField(
        label="Reach by", choices=[("phone", "Phone"), ("email", "Email")], widget=forms.RadioSelect
    )


def _person(line: str, index: int, now: datetime) -> dict[str, Any]:
    name, company, title, phone, status, score = line.split("|")
    called = None if status == "pending" and index else now - timedelta(minutes=2 + index**4)
    return {
        "id": index, "name": name, "company": company, "title": title, "phone": phone, "status": status,
        "score": int(score), "share": int(score) / 100, "called_at": called,
        "next_at": now + timedelta(hours=index - 4), "picked": index == 2,
    }  # fmt: skip


@register.simple_tag
def gallery_samples() -> dict[str, Any]:
    """All samples of the gallery in one dictionary."""
    now = timezone.now()
    return {
        "now": now,
        "people": [_person(line, index, now) for index, line in enumerate(_PEOPLE.strip().splitlines())],
        "funnel": _FUNNEL,
        "live": [(name, company, word, tone, now - timedelta(seconds=age)) for name, company, word, tone, age in _LIVE],
        "board": _BOARD,
        "said": [{"seconds": at, "speaker": speaker, "content": words} for at, speaker, words in _SAID],
        "by_hour": [
            (f"{hour:02d}", [("green", 4 + hour * 7 % 11), ("amber", hour % 4), ("gray", 9 + hour * 5 % 13)])
            for hour in range(9, 21)
        ],
        "by_day": [(f"{day} Nov", 12 + day * 17 % 41) for day in range(7, 21)],
        "balance": [900 - day * 23 + day * 37 % 60 for day in range(14)],
        "peaks": _PEAKS,
        "form": SampleForm({"email": "priya@", "status": "lead", "channel": "phone"}),
        "choices": [("lead", "Lead"), ("customer", "Customer"), ("churned", "Churned")],
        "tones": ("gray", "blue", "violet", "amber", "green", "red"),
        "steps": ("File", "Columns", "Check", "Import", "Report"),
        "call_began": now - timedelta(seconds=138),
        "hour_ago": now - timedelta(hours=1),
        "day_ago": now - timedelta(days=1),
    }
