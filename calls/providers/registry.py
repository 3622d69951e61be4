"""The real providers: what each needs to be told, and how its adapter is made from that.

Credentials come as text by field name, from wherever they are kept. In the environment a field is written
`TELEPHONY_<PROVIDER>_<FIELD>`, such as TELEPHONY_VAPI_KEY.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from calls.providers.base import Rejected, VoiceProvider

PREFIX = "TELEPHONY"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a provider needs to know."""

    name: str
    label: str
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """One provider as it is offered to people."""

    name: str
    label: str
    fields: tuple[Field, ...]
    make: Callable[[Mapping[str, str]], VoiceProvider]

    def missing(self, credentials: Mapping[str, str]) -> list[str]:
        """The labels of required fields that are empty."""
        return [f.label for f in self.fields if f.is_required and not credentials.get(f.name)]


def get_spec(name: str) -> ProviderSpec | None:
    """The provider of this name, or None."""
    return next((spec for spec in SPECS if spec.name == name), None)


def make_provider(name: str, credentials: Mapping[str, str]) -> VoiceProvider:
    """Make an adapter. Raises `Rejected("not_supported")` for unknown names and missing credentials."""
    spec = get_spec(name)
    if spec is None:
        raise Rejected("not_supported", "There is no such telephony provider.")
    if missing := spec.missing(credentials):
        raise Rejected("not_supported", f"{spec.label} still needs: {', '.join(missing)}.")
    known = {field.name for field in spec.fields}
    return spec.make({name: value for name, value in credentials.items() if name in known and value})


def read_credentials(environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Read what the environment says, by provider; providers that lack something required are left out."""
    found = {}
    for spec in SPECS:
        credentials = {
            field.name: environ.get(f"{PREFIX}_{spec.name}_{field.name}".upper(), "").strip() for field in spec.fields
        }
        if not spec.missing(credentials):
            found[spec.name] = credentials
    return found


def _twilio(credentials: Mapping[str, str]) -> VoiceProvider:
    from calls.providers.twilio import TwilioProvider

    return TwilioProvider(**credentials)


def _vapi(credentials: Mapping[str, str]) -> VoiceProvider:
    from calls.providers.vapi import VapiProvider

    return VapiProvider(
        key=credentials["key"],
        webhook_secret=credentials["webhook_secret"],
        phone_number_id=credentials.get("phone_number_id", ""),
        twilio_account_sid=credentials.get("twilio_account_sid", ""),
        twilio_auth_token=credentials.get("twilio_auth_token", ""),
    )


def _retell(credentials: Mapping[str, str]) -> VoiceProvider:
    from calls.providers.retell import RetellProvider

    return RetellProvider(**credentials)


def _elevenlabs(credentials: Mapping[str, str]) -> VoiceProvider:
    from calls.providers.elevenlabs import ElevenLabsProvider

    return ElevenLabsProvider(**credentials)


def _bland(credentials: Mapping[str, str]) -> VoiceProvider:
    from calls.providers.bland import BlandProvider

    return BlandProvider(**credentials)


SPECS = (
    ProviderSpec(
        "twilio",
        "Twilio",
        (
            Field("account_sid", "Account SID"),
            Field("auth_token", "Auth token", is_secret=True),
            Field("key_sid", "API key SID", is_required=False),
            Field("key_secret", "API key secret", is_secret=True, is_required=False),
            Field("conversation_relay_url", "ConversationRelay address", is_required=False),
            Field("webhook_key", "Webhook shared key", is_secret=True, is_required=False),
        ),
        _twilio,
    ),
    ProviderSpec(
        "vapi",
        "Vapi",
        (
            Field("key", "Private key", is_secret=True),
            Field("webhook_secret", "Webhook secret (any long text)", is_secret=True),
            Field("phone_number_id", "Phone number id", is_required=False),
            Field("twilio_account_sid", "Twilio account SID", is_required=False),
            Field("twilio_auth_token", "Twilio auth token", is_secret=True, is_required=False),
        ),
        _vapi,
    ),
    ProviderSpec(
        "retell",
        "Retell",
        (Field("key", "API key with the webhook badge", is_secret=True), Field("agent_id", "Agent id")),
        _retell,
    ),
    ProviderSpec(
        "elevenlabs",
        "ElevenLabs Agents",
        (
            Field("key", "API key", is_secret=True),
            Field("webhook_secret", "Webhook secret", is_secret=True),
            Field("agent_id", "Agent id"),
            Field("phone_number_id", "Phone number id"),
        ),
        _elevenlabs,
    ),
    ProviderSpec(
        "bland",
        "Bland",
        (
            Field("key", "API key", is_secret=True),
            Field("webhook_secret", "Webhook secret", is_secret=True),
            Field("encrypted_key", "Encrypted key of your Twilio account", is_secret=True, is_required=False),
        ),
        _bland,
    ),
)
