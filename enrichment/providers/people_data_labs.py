"""People Data Labs: a person by email, phone, profile, or name and company. 402 means that credits are used up."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from enrichment.providers.base import Answer, Context, Finding, Outcome, Provider, Query, Verification
from enrichment.providers.http import answer_of, request_json, text

MIN_LIKELIHOOD = 4


class PeopleDataLabs(Provider):
    """The person enrichment API."""

    name = "people_data_labs"
    label = "People Data Labs"
    about = "A person by email, phone number, profile, or name and company; often with a mobile number."
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
    cost_credits = 5
    position = 50
    rate = "95/min"

    def parts(self, query: Query) -> Mapping[str, str] | None:
        if query.email:
            return {"email": query.email}
        if query.linkedin_url:
            return {"profile": query.linkedin_url}
        if query.phone_number:
            return {"phone": query.phone_number}
        if query.first_name and query.last_name and query.company:
            return {"first_name": query.first_name, "last_name": query.last_name, "company": query.company}
        return None

    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        return answer_of(lambda: self._read(self._get(parts, context.api_key)))

    def _get(self, parts: Mapping[str, str], api_key: str) -> dict[str, Any]:
        url = f"{settings.PEOPLE_DATA_LABS_BASE_URL}/v5/person/enrich"
        params = {**parts, "min_likelihood": str(MIN_LIKELIHOOD), "titlecase": "true"}
        return request_json("GET", url, headers={"X-API-Key": api_key}, params=params)

    def _read(self, body: dict[str, Any]) -> Answer:
        data = body.get("data")
        likelihood = body.get("likelihood")
        sure = likelihood / 10 if isinstance(likelihood, int) and 0 < likelihood <= 10 else 0.5
        website, linkedin = text(data, "job_company_website"), text(data, "linkedin_url")
        values = {
            "first_name": text(data, "first_name"),
            "last_name": text(data, "last_name"),
            "email": text(data, "work_email"),
            "phone_number": text(data, "mobile_phone"),
            "title": text(data, "job_title"),
            "company": text(data, "job_company_name"),
            "company_domain": website,
            "industry": text(data, "industry") or text(data, "job_company_industry"),
            "company_size": text(data, "job_company_size"),
            "location": text(data, "location_name"),
            "linkedin_url": f"https://{linkedin}" if linkedin and "://" not in linkedin else linkedin,
        }
        source = values["linkedin_url"] or (f"https://{website}" if website else "")
        findings = [Finding(f, v, sure, source) for f, v in values.items()]
        numbers = data.get("phone_numbers") if isinstance(data, dict) else None
        findings += [Finding("phone_number", str(n), sure * 0.8, source) for n in numbers or [] if isinstance(n, str)]
        return Answer.of(findings)

    def verify(self, api_key: str) -> Verification:
        answer = self.ask({"email": "nobody@invalid.example"}, Context(api_key))
        if answer.outcome in (Outcome.FOUND, Outcome.NOT_FOUND):
            return Verification(True, "The key works.")
        return Verification(False, answer.detail)
