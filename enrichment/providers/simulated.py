"""A provider that makes its answers up, always the same for the same address: for trying the product out.

It finds something for every company domain and nothing for personal addresses. Phone numbers are from the
range kept free for fiction (555-0100 to 555-0199), so nobody is ever reached by one.
"""

import hashlib
import time
from collections.abc import Mapping

from django.conf import settings

from enrichment.free_mail import company_name
from enrichment.providers.base import Answer, Context, Finding, Outcome, Provider, Query

_TITLES = [
    "Head of Operations",
    "VP Sales",
    "Office Manager",
    "Purchasing Lead",
    "Managing Director",
    "IT Manager",
    "Marketing Director",
    "Account Executive",
    "Chief Financial Officer",
    "Facilities Manager",
    "Product Manager",
    "Owner",
]
_INDUSTRIES = [
    "Logistics",
    "Construction",
    "Software",
    "Healthcare",
    "Manufacturing",
    "Retail",
    "Real Estate",
    "Professional Services",
    "Education",
    "Financial Services",
    "Hospitality",
    "Energy",
]
_SIZES = ("1–10", "11–50", "51–200", "201–500", "501–1,000", "1,001–5,000")
_PLACES = (
    ("Austin, Texas", "512"),
    ("Denver, Colorado", "303"),
    ("Portland, Oregon", "503"),
    ("Columbus, Ohio", "614"),
    ("Tampa, Florida", "813"),
    ("Phoenix, Arizona", "602"),
    ("Chicago, Illinois", "312"),
    ("Raleigh, North Carolina", "919"),
    ("Boston, Massachusetts", "617"),
    ("Seattle, Washington", "206"),
)
_PHONES_EACH = 3


class Simulated(Provider):
    """The simulated provider."""

    name = "simulated"
    label = "Simulated"
    about = "Makes up plausible data, to try the waterfall without a key. Turn it off before you trust what you see."
    fields = (
        "first_name",
        "last_name",
        "phone_number",
        "company",
        "title",
        "company_domain",
        "industry",
        "company_size",
        "location",
        "linkedin_url",
    )
    cost_credits = 2
    position = 10
    on_at_first = True
    needs_key = takes_key = False

    def parts(self, query: Query) -> Mapping[str, str] | None:
        return {"email": query.email, "domain": query.domain} if query.email else None

    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        time.sleep(settings.ENRICHMENT_SIMULATED_MS / 1000)
        domain, local = parts["domain"], parts["email"].partition("@")[0]
        if not domain:
            return Answer(Outcome.NOT_FOUND, detail="Nothing is known about personal addresses.")
        person, firm = _dice(parts["email"]), _dice(domain)
        place, area = _PLACES[firm[0] % len(_PLACES)]
        values = {
            **_names(local),
            "company": company_name(domain),
            "title": _TITLES[person[0] % len(_TITLES)],
            "company_domain": domain,
            "industry": _INDUSTRIES[firm[1] % len(_INDUSTRIES)],
            "company_size": _SIZES[firm[2] % len(_SIZES)],
            "location": place,
            "linkedin_url": f"https://www.linkedin.com/in/{_slug(local)}-{hashlib.sha256(local.encode()).hexdigest()[:6]}",
        }
        findings = [Finding(f, v, 0.7 + person[1] % 25 / 100, f"https://{domain}/team") for f, v in values.items()]
        for n in range(_PHONES_EACH):
            number = f"+1{area}55501{(person[2] + 37 * n) % 100:02d}"
            findings.append(Finding("phone_number", number, round(0.9 - n / 10, 2), f"https://{domain}/contact"))
        return Answer.of(findings)


def _dice(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _slug(local: str) -> str:
    return "-".join(part for part in "".join(c if c.isalnum() else " " for c in local).split())[:40] or "member"


def _names(local: str) -> dict[str, str]:
    words = [w for w in local.replace("_", ".").replace("-", ".").split("+")[0].split(".") if w.isalpha()]
    if len(words) < 2:
        return {}
    return {"first_name": words[0].capitalize(), "last_name": words[-1].capitalize()}
