"""Hunter: person and company behind a business address, in one request.

Its statuses are its own: 403 means too many requests, 429 means the plan's quota is used up, and 451 means
that the person asked not to be found, so that nothing of theirs may be kept.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from enrichment.providers.base import Answer, Context, Finding, Outcome, Provider, Query, Verification
from enrichment.providers.http import USUAL, Meaning, NoAnswer, answer_of, request_json, text

_MEANINGS = {
    **USUAL,
    403: Meaning(Outcome.THROTTLED, "Too many requests."),
    429: Meaning(Outcome.OUT_OF_CREDITS, "The plan's quota is used up."),
}


class Hunter(Provider):
    """Hunter's combined enrichment."""

    name = "hunter"
    label = "Hunter"
    about = "Name, role, company, place and often a phone number behind a business address."
    fields = (
        "first_name",
        "last_name",
        "title",
        "phone_number",
        "company",
        "company_domain",
        "industry",
        "company_size",
        "location",
        "linkedin_url",
        "timezone",
    )
    cost_credits = 2
    position = 40
    rate = "450/min"

    def parts(self, query: Query) -> Mapping[str, str] | None:
        return {"email": query.email} if query.email and query.domain else None

    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        return answer_of(lambda: self._read(self._get("/combined/find", context.api_key, email=parts["email"])))

    def _get(self, path: str, api_key: str, **params: str) -> dict[str, Any]:
        url = f"{settings.HUNTER_BASE_URL}/v2{path}"
        body = request_json("GET", url, headers={"X-API-KEY": api_key}, params=params, meanings=_MEANINGS)
        data = body.get("data")
        return data if isinstance(data, dict) else {}

    def _read(self, data: dict[str, Any]) -> Answer:
        person, company = data.get("person"), data.get("company")
        handle = text(person, "linkedin", "handle")
        domain = text(company, "domain") or text(person, "employment", "domain")
        values = {
            "first_name": text(person, "name", "givenName"),
            "last_name": text(person, "name", "familyName"),
            "title": text(person, "employment", "title"),
            "phone_number": text(person, "phone"),
            "company": text(company, "name") or text(person, "employment", "name"),
            "company_domain": domain,
            "industry": text(company, "category", "industry"),
            "company_size": text(company, "metrics", "employees"),
            "location": text(person, "location"),
            "linkedin_url": f"https://www.linkedin.com/in/{handle.removeprefix('in/')}" if handle else "",
            "timezone": text(person, "timeZone"),
        }
        source = f"https://{domain}" if domain else "https://hunter.io"
        return Answer.of([Finding(f, v, 0.85, source) for f, v in values.items()])

    def verify(self, api_key: str) -> Verification:
        try:
            data = self._get("/account", api_key)
        except NoAnswer as no:
            return Verification(False, no.answer.detail)
        searches = data.get("requests", {}).get("searches", {}) if isinstance(data.get("requests"), dict) else {}
        used, most = searches.get("used"), searches.get("available")
        left = most - used if isinstance(used, int) and isinstance(most, int) else None
        return Verification(True, "The key works.", left)
