"""What may stand in a campaign: one place checks it for the API, the pages and copies."""

from typing import Any

from accounts.models import Tenant
from campaigns.models import Campaign
from campaigns.pace import SIMULATED
from campaigns.retries import parse_retry_rules
from campaigns.schedule import InvalidRules, parse_hours
from core.phones import InvalidPhone, check_dialable, parse_phone
from core.problems import InvalidInput

SIMULATED_WAIVER = "Calls over the simulated network reach no person."
MOST_CALLER_IDS = 100
MOST_LINES = 1_000
MOST_RETRIES = 10


def check_campaign(campaign: Campaign) -> None:
    """Raise InvalidInput with a fault for each field that may not stand as it is; cleans numbers and texts.

    A provider need not be set up yet: that is asked at the start (`campaigns.compliance`).
    """
    faults: list[dict[str, str]] = []
    simulated = campaign.provider == SIMULATED
    campaign.name = " ".join(campaign.name.split())
    if not campaign.name:
        faults.append(_fault("name", "blank", "A campaign needs a name."))
    if not 1 <= campaign.max_concurrent_calls <= MOST_LINES:
        faults.append(_fault("max_concurrent_calls", "out_of_range", f"From 1 to {MOST_LINES} calls at once."))
    if not 0 <= campaign.max_retries <= MOST_RETRIES:
        faults.append(_fault("max_retries", "out_of_range", f"From 0 to {MOST_RETRIES} retries."))
    _collect(faults, parse_hours, campaign.calling_hours, allow_always=simulated)
    _collect(faults, parse_retry_rules, campaign.retry_rules, simulated=simulated)
    if campaign.budget is not None and campaign.budget < 0:
        faults.append(_fault("budget", "out_of_range", "A budget is not below zero."))
    waived = campaign.consent_policy == Campaign.ConsentPolicy.WAIVED
    campaign.consent_waiver_reason = campaign.consent_waiver_reason.strip()
    if waived and not campaign.consent_waiver_reason:
        faults.append(_fault("consent_waiver_reason", "required", "Calling without consent needs a written reason."))
    campaign.caller_ids = _clean_caller_ids(campaign.caller_ids, faults)
    if faults:
        raise InvalidInput(" ".join(fault["detail"] for fault in faults[:3]), errors=faults)


def default_consent(provider: str) -> dict[str, str]:
    """The consent policy a new campaign starts with."""
    if provider == SIMULATED:
        return {"consent_policy": Campaign.ConsentPolicy.WAIVED, "consent_waiver_reason": SIMULATED_WAIVER}
    return {"consent_policy": Campaign.ConsentPolicy.REQUIRE, "consent_waiver_reason": ""}


def _collect(faults: list[dict[str, str]], parse: Any, raw: Any, **options: Any) -> None:
    try:
        parse(raw, **options)
    except InvalidRules as error:
        faults.extend(error.errors)


def _clean_caller_ids(numbers: list[str], faults: list[dict[str, str]]) -> list[str]:
    if len(numbers) > MOST_CALLER_IDS:
        faults.append(_fault("caller_ids", "too_many", f"At most {MOST_CALLER_IDS} numbers."))
        return numbers
    region = Tenant.objects.values_list("default_region", flat=True).get() if numbers else ""
    clean: dict[str, None] = {}
    for position, raw in enumerate(numbers):
        try:
            number = parse_phone(raw, region=region)
            check_dialable(number)
        except InvalidPhone as error:
            faults.append(_fault(f"caller_ids.{position}", error.code, error.reason))
        else:
            clean[number.e164] = None
    return list(clean)


def _fault(field: str, code: str, detail: str) -> dict[str, str]:
    return {"field": field, "code": code, "detail": detail}
