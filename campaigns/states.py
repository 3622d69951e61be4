"""The legal steps of campaigns and of campaign leads, each in one table; anything else is refused."""

from typing import Final

from campaigns.models import Campaign, CampaignLead
from core.problems import DomainError

_C = Campaign.Status
_L = CampaignLead.Status

CAMPAIGN_STEPS: Final[dict[str, frozenset[str]]] = {
    _C.DRAFT: frozenset({_C.SCHEDULED, _C.RUNNING, _C.FAILED}),
    _C.SCHEDULED: frozenset({_C.DRAFT, _C.RUNNING, _C.FAILED}),
    _C.RUNNING: frozenset({_C.PAUSED, _C.STOPPING, _C.COMPLETED, _C.FAILED}),
    _C.PAUSED: frozenset({_C.RUNNING, _C.STOPPING, _C.FAILED}),
    _C.STOPPING: frozenset({_C.STOPPED, _C.FAILED}),
    _C.STOPPED: frozenset(),
    _C.COMPLETED: frozenset(),
    _C.FAILED: frozenset(),
}
ENDED: Final = frozenset({_C.STOPPED, _C.COMPLETED, _C.FAILED})
"""A campaign that will never dial again; a copy of it can."""

WAITING: Final = (_L.PENDING, _L.RETRY_WAIT, _L.CALLBACK)
"""Nobody is on the phone and a call is due at `next_attempt_at`."""
IN_FLIGHT: Final = (_L.QUEUED, _L.DIALING, _L.IN_CALL)
"""A live attempt exists."""
OPEN: Final = (*WAITING, *IN_FLIGHT)
FINAL: Final = (_L.DONE, _L.BLOCKED, _L.EXHAUSTED, _L.REMOVED)

_AFTER_A_CALL = frozenset({_L.PENDING, _L.RETRY_WAIT, _L.CALLBACK, _L.DONE, _L.BLOCKED, _L.EXHAUSTED})
LEAD_STEPS: Final[dict[str, frozenset[str]]] = {
    _L.PENDING: frozenset({_L.QUEUED, _L.BLOCKED, _L.REMOVED, _L.CALLBACK, _L.DONE}),
    _L.RETRY_WAIT: frozenset({_L.QUEUED, _L.BLOCKED, _L.REMOVED, _L.CALLBACK, _L.DONE, _L.EXHAUSTED}),
    _L.CALLBACK: frozenset({_L.QUEUED, _L.BLOCKED, _L.REMOVED, _L.DONE}),
    _L.QUEUED: frozenset({_L.DIALING}) | _AFTER_A_CALL,
    _L.DIALING: frozenset({_L.IN_CALL}) | _AFTER_A_CALL,
    _L.IN_CALL: _AFTER_A_CALL,
    _L.BLOCKED: frozenset({_L.PENDING, _L.REMOVED}),
    _L.DONE: frozenset({_L.CALLBACK, _L.BLOCKED, _L.REMOVED}),
    _L.EXHAUSTED: frozenset({_L.CALLBACK, _L.BLOCKED, _L.REMOVED}),
    _L.REMOVED: frozenset(),
}


class IllegalCampaignStep(DomainError):
    """The campaign's state does not allow this."""

    code = "illegal_transition"
    title = "The campaign cannot do this in its present state."


def check_campaign_step(campaign: Campaign, wanted: str) -> None:
    """Raise IllegalCampaignStep unless the campaign may go to `wanted` from where it stands."""
    legal = CAMPAIGN_STEPS[campaign.status]
    if wanted not in legal:
        raise IllegalCampaignStep(
            f"A campaign that is {campaign.get_status_display().lower()} cannot become {_C(wanted).label.lower()}.",
            current=campaign.status,
            allowed=sorted(legal),
        )


def sources_of(wanted: str) -> list[str]:
    """The states from which a campaign lead may become `wanted`, for conditional updates."""
    return [state for state, targets in LEAD_STEPS.items() if wanted in targets]
