"""Gravatar: the public profile behind an email address; free. Sends the address's hash, never the address."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from enrichment.providers.base import Answer, Context, Finding, Provider, Query, Verification
from enrichment.providers.http import NoAnswer, answer_of, request_json, text


class Gravatar(Provider):
    """Public profiles."""

    name = "gravatar"
    label = "Gravatar"
    about = "Public profiles people made for their address. Sends a hash, not the address."
    fields = ("first_name", "last_name", "title", "company", "location", "linkedin_url", "avatar_url", "timezone")
    position = 30
    needs_key = False
    rate = "95/h"

    def parts(self, query: Query) -> Mapping[str, str] | None:
        return {"sha256": hashlib.sha256(query.email.encode()).hexdigest()} if query.email else None

    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        return answer_of(lambda: self._read(self._get(parts["sha256"], context.api_key)))

    def _get(self, hashed: str, api_key: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        return request_json("GET", f"{settings.GRAVATAR_BASE_URL}/v3/profiles/{hashed}", headers=headers)

    def _read(self, data: dict[str, Any]) -> Answer:
        source = text(data, "profile_url")
        values = {
            "first_name": text(data, "first_name"),
            "last_name": text(data, "last_name"),
            "title": text(data, "job_title"),
            "company": text(data, "company"),
            "location": text(data, "location"),
            "linkedin_url": self._linkedin(data),
            "avatar_url": text(data, "avatar_url"),
            "timezone": text(data, "timezone"),
        }
        return Answer.of([Finding(f, v, 0.7, source) for f, v in values.items()])

    def _linkedin(self, data: dict[str, Any]) -> str:
        accounts = data.get("verified_accounts")
        for account in accounts if isinstance(accounts, list) else []:
            if text(account, "service_type") == "linkedin":
                return text(account, "url")
        return ""

    def verify(self, api_key: str) -> Verification:
        try:
            self._get(hashlib.sha256(b"beau@dentedreality.com.au").hexdigest(), api_key)
        except NoAnswer as no:
            if no.answer.outcome == "not_found":
                return Verification(True, "The key works.")
            return Verification(False, no.answer.detail)
        return Verification(True, "The key works.")
