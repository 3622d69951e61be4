"""What a campaign's voice is told: versions that never change, filled in for each lead.

An attempt speaks the version that was current when it was claimed: claims share the campaign's row and edits
lock it, so "the newest version made before the call" names exactly one.
"""

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Max

from accounts.models import Tenant
from campaigns.models import Campaign, CampaignLead, PromptVersion
from contacts.custom_fields import field_kinds

_SPOKEN = ("system_prompt", "first_sentence", "voice_id")
_VARIABLE = re.compile(r"\{\{?\s*([a-z][a-z0-9_]{0,40})\s*\}?\}")


def keep_version(*, campaign: Campaign, actor: Any) -> PromptVersion:
    """The version that holds the campaign's present words; made when they differ from the newest one.

    The caller holds the campaign's row lock.
    """
    newest: PromptVersion | None = PromptVersion.objects.filter(campaign=campaign).order_by("-number").first()
    words = {name: getattr(campaign, name) for name in _SPOKEN}
    if newest is not None and all(getattr(newest, name) == value for name, value in words.items()):
        return newest
    number = (newest.number if newest else 0) + 1
    version = PromptVersion(campaign=campaign, number=number, created_by=getattr(actor, "user_or_none", None), **words)
    version.save(force_insert=True)
    return version


def versions_of_calls(calls: Iterable[Any]) -> dict[uuid.UUID, PromptVersion]:
    """The version each call speaks, by the call's id; one query. A call by hand has none."""
    rows = list(calls)
    ids = {call.campaign_id or call.test_of_id for call in rows} - {None}
    by_campaign: dict[uuid.UUID, list[PromptVersion]] = {}
    for version in PromptVersion.objects.filter(campaign_id__in=ids).order_by("number"):
        by_campaign.setdefault(version.campaign_id, []).append(version)
    found = {}
    for call in rows:
        current = [
            v for v in by_campaign.get(call.campaign_id or call.test_of_id, []) if v.created_at <= call.created_at
        ]
        if current:
            found[call.pk] = current[-1]
    return found


def preview(campaign: Campaign, lead: CampaignLead | None) -> dict[str, Any]:
    """What the voice would be told for a lead (None: for nobody in particular), and which names stay unfilled."""
    values = variables(lead, fields=field_kinds())
    both = f"{campaign.first_sentence}\n{campaign.system_prompt}"
    return {
        "version": newest_number(campaign),
        "first_sentence": fill(campaign.first_sentence, values),
        "system_prompt": fill(campaign.system_prompt, values),
        "unknown_names": unknown_names(both, values),
    }


def usable_names(lead: CampaignLead | None) -> list[str]:
    """The names a prompt may use."""
    return [name for name in variables(lead, fields=field_kinds()) if name != "first_name_after_space"]


def newest_number(campaign: Campaign) -> int:
    """The number of the newest version."""
    return int(PromptVersion.objects.filter(campaign=campaign).aggregate(n=Max("number"))["n"] or 0)


def variables(lead: CampaignLead | None, business: str = "", fields: Iterable[str] = ()) -> dict[str, str]:
    """What a prompt may name in braces: the lead's fields, its own and its contact's custom fields, the business.

    One of the workspace's custom `fields` that is empty for this lead is said as nothing.
    """
    own: dict[str, Any] = dict.fromkeys(fields, "")
    if lead is not None:
        own |= {**lead.contact.custom_fields, **lead.lead.custom_fields, **lead.custom_fields}
        own |= {"first_name": lead.first_name, "last_name": lead.last_name, "company": lead.lead.company}
        own |= {"phone_number": lead.phone_number, "email": lead.lead.email}
    first_name = str(own.get("first_name", ""))
    own["first_name_after_space"] = f" {first_name}" if first_name else ""
    business = business or str(Tenant.objects.values_list("name", flat=True).get())
    return {"business_name": business, "first_name": "", **{name: _said(value) for name, value in own.items()}}


def _said(value: Any) -> str:
    """A value as a voice says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def fill(text: str, values: dict[str, str]) -> str:
    """Replace {{names}} that are known; others stay as written, so that a slip is heard and not hidden."""
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def unknown_names(text: str, values: dict[str, str]) -> list[str]:
    """Names in braces that nothing fills in."""
    return sorted({name for name in _VARIABLE.findall(text) if name not in values})
