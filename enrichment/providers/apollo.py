"""Apollo: a person by email, profile, or name and domain; phone numbers follow later by a message to our address.

Those messages are not signed, so the address itself is the secret. Apollo only sends to https addresses: without
one no number is asked for.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from enrichment.providers.base import Answer, Context, Finding, Outcome, Provider, Query, Verification
from enrichment.providers.http import NoAnswer, answer_of, request_json, text


class Apollo(Provider):
    """Apollo's people match."""

    name = "apollo"
    label = "Apollo"
    about = "Title, company, email and, some minutes later, phone numbers. A number costs extra."
    fields = (
        "first_name",
        "last_name",
        "email",
        "phone_number",
        "title",
        "company",
        "company_domain",
        "industry",
        "company_size",
        "location",
        "linkedin_url",
    )
    cost_credits = 1
    later_cost = 8
    position = 60
    rate = "45/min"

    def parts(self, query: Query) -> Mapping[str, str] | None:
        if query.email:
            return {"email": query.email}
        if query.linkedin_url:
            return {"linkedin_url": query.linkedin_url}
        if query.first_name and query.last_name and query.domain:
            return {"first_name": query.first_name, "last_name": query.last_name, "domain": query.domain}
        return None

    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        return answer_of(lambda: self._match(parts, context))

    def _match(self, parts: Mapping[str, str], context: Context) -> Answer:
        body: dict[str, Any] = {**parts, "reveal_personal_emails": False}
        later = "phone_number" in context.wanted and context.callback_url.startswith("https://")
        if later:
            body |= {"reveal_phone_number": True, "webhook_url": context.callback_url}
        person = self._post("/people/match", context.api_key, body).get("person")
        if not isinstance(person, dict):
            return Answer(Outcome.NOT_FOUND)
        return self._read(person, later=later)

    def _post(self, path: str, api_key: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{settings.APOLLO_BASE_URL}/api/v1{path}"
        return request_json("POST", url, headers={"x-api-key": api_key}, json=body)

    def _read(self, person: dict[str, Any], *, later: bool) -> Answer:
        firm = person.get("organization")
        verified = text(person, "email_status") == "verified"
        place = ", ".join(p for p in (text(person, "city"), text(person, "state"), text(person, "country")) if p)
        domain = text(firm, "website_url").removeprefix("https://").removeprefix("http://")
        values = {
            "first_name": text(person, "first_name"),
            "last_name": text(person, "last_name"),
            "email": text(person, "email") if verified else "",
            "title": text(person, "title"),
            "company": text(firm, "name"),
            "company_domain": domain.removeprefix("www.").split("/")[0],
            "industry": text(firm, "industry"),
            "company_size": text(firm, "estimated_num_employees"),
            "location": place,
            "linkedin_url": text(person, "linkedin_url"),
        }
        findings = [Finding(f, v, 0.8, values["linkedin_url"]) for f, v in values.items()]
        if not later:
            findings.append(Finding("phone_number", text(firm, "primary_phone", "number"), 0.4, values["linkedin_url"]))
        return Answer.of(findings, phone_later=later)

    def read_message(self, body: Any) -> tuple[Finding, ...]:
        """The phone numbers of a later message, surest first."""
        people = body.get("people") if isinstance(body, dict) else None
        found = []
        for person in people if isinstance(people, list) else []:
            numbers = person.get("phone_numbers") if isinstance(person, dict) else None
            for number in numbers if isinstance(numbers, list) else []:
                sure = {"high": 0.9, "medium": 0.6}.get(text(number, "confidence_cd"), 0.4)
                value = text(number, "sanitized_number") or text(number, "raw_number")
                found.append(Finding("phone_number", value, sure))
        return tuple(sorted((f for f in found if f.value), key=lambda f: -f.confidence))

    def verify(self, api_key: str) -> Verification:
        try:
            url = f"{settings.APOLLO_BASE_URL}/api/v1/auth/health"
            body = request_json("GET", url, headers={"x-api-key": api_key})
        except NoAnswer as no:
            return Verification(False, no.answer.detail)
        works = body.get("is_logged_in") is not False
        return Verification(works, "The key works." if works else "The key was refused.")
