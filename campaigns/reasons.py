"""The reasons of campaigns in words: why someone is (not) called, why a campaign stands still, what to do."""

REASONS: dict[str, tuple[str, str]] = {
    "do_not_call": ("Do not call", "The number is on a do-not-call list."),
    "no_consent": ("No consent", "There is no record that they agreed to calls by an AI voice."),
    "invalid_number": ("Bad number", "The number is not in service."),
    "seeking_number": ("Finding a number", "The number is not in service; another one is being looked for."),
    "next_number": ("New number", "The former number was dead; another one was found and is tried."),
    "attempt_cap": ("Called often enough", "The number was called as often lately as your settings allow."),
    "contact_deleted": ("In the trash", "The contact or the lead was deleted."),
    "unsupported_region": ("Unknown time zone", "Without a time zone nobody knows whether it is night there."),
    "warm_path_hold": ("Warm path", "Someone you know can introduce you; the call waits for that."),
    "duplicate_number": ("Same number", "Another lead of the campaign has the number."),
    "calling_hours": ("Outside hours", "It is too early, too late or a day off where they live."),
    "retry": ("Next try", "They were called already and are due again later."),
    "callable": ("Callable now", "Nothing speaks against a call."),
    "blocked": ("Not called", "Something forbids the call; the reason stands beside each."),
    "qualified": ("Qualified", "Reached by this campaign, and qualified since."),
    "allowed": ("Called", "Nothing spoke against a call."),
    "waiting": ("Waiting", "They are called when their time comes."),
    "answered": ("Answered", "A person answered and the talk came to its end."),
    "not_interested": ("Not interested", "They said no."),
    "attempts_used_up": ("All tries used", "Every allowed try was made without reaching them."),
    "retry_off": ("One try only", "The campaign does not try again."),
    "no_retry_rule": ("No further try", "The rules name no further try after such a call."),
    "hung_up_twice": ("Hung up twice", "A person ended the call within seconds, twice."),
    "cancelled": ("Cancelled", "The call was ended from our side."),
    "callback": ("Callback agreed", "They asked to be called at this time."),
    "number_in_use": ("On another line", "The number is being called for another campaign."),
    "duplicate_phone": ("In already", "The number is in the campaign."),
    "no_phone_number": ("No number", "There is no phone number to call."),
    "invalid_phone": ("Not a number", "This is no phone number."),
    "phone_type_not_allowed": ("Not callable", "Premium, shared-cost and service numbers are never called."),
    "not_found": ("Not found", "There is no such record."),
}
PAUSES: dict[str, tuple[str, str]] = {
    "breaker_failures": ("Too many calls failed.", "Check the phone network's account, then resume."),
    "drop_rate": ("Too many calls were dropped.", "Lower the calls at once, then resume."),
    "minutes": ("The call minutes are used up.", "Buy minutes, then resume."),
    "budget": ("The budget is spent.", "Raise the budget in the settings, then resume."),
    "no_caller_id": ("No caller number is free.", "Add caller numbers in the settings, then resume."),
    "compliance": ("A legal condition is not met.", "See the pre-flight, mend it, then resume."),
    "provider_down": ("The phone network does not answer.", "Resume when it is back."),
}


def reason_title(reason: str) -> str:
    """A reason in two words."""
    if reason.startswith("retry_"):
        return f"After {reason.removeprefix('retry_').replace('_', ' ')}"
    return REASONS.get(reason, (reason.replace("_", " ").capitalize(), ""))[0]


def reason_advice(reason: str) -> str:
    """A reason in a sentence."""
    return REASONS.get("retry" if reason.startswith("retry_") else reason, ("", ""))[1]
