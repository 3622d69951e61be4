"""The legal steps of a lead, in one table."""

from leads.models import Lead

State = Lead.State

STEPS: dict[str, tuple[str, ...]] = {
    State.PENDING: (State.REACHED_OUT, State.QUALIFIED, State.LOST),
    State.REACHED_OUT: (State.QUALIFIED, State.CONVERTED, State.LOST),
    State.QUALIFIED: (State.CONVERTED, State.LOST),
    State.CONVERTED: (),
    State.LOST: (State.PENDING,),
}


def legal_steps(state: str) -> list[str]:
    """The states a lead may move to from `state`."""
    return [str(step) for step in STEPS[state]]


def is_legal(state: str, target: str) -> bool:
    """Whether one step leads from `state` to `target`."""
    return target in STEPS[state]
