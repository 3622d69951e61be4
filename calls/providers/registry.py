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
    help: str = ""


@dataclass(frozen=True, slots=True)
class ProviderSpec:
    """One provider as it is offered to people."""

    name: str
    label: str
    fields: tuple[Field, ...]
    make: Callable[[Mapping[str, str]], VoiceProvider]
    steps: tuple[str, ...] = ()
    """What to do once at the provider, in order."""
    needs_address: bool = False
    """Whether our webhook address has to be entered there; the others are told it with each call."""

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
            Field("account_sid", "Account SID", help="Begins with AC; on the first page of the console."),
            Field("auth_token", "Auth token", is_secret=True, help="Below the account SID."),
            Field("key_sid", "API key SID", is_required=False, help="Only to sign in with an API key instead."),
            Field("key_secret", "API key secret", is_secret=True, is_required=False),
            Field(
                "conversation_relay_url",
                "ConversationRelay address",
                is_required=False,
                help="Twilio has no AI voice of its own: AI calls need the wss:// address of such a server.",
            ),
            Field(
                "webhook_key",
                "Webhook shared key",
                is_secret=True,
                is_required=False,
                help="Only if the account signs its webhooks with one.",
            ),
        ),
        _twilio,
        (
            "Buy a number that may call out, or verify one of your own, and write it into the campaign.",
            "Allow the countries you call under Voice, Geo permissions.",
        ),
    ),
    ProviderSpec(
        "vapi",
        "Vapi",
        (
            Field("key", "Private key", is_secret=True, help="Under Organization, API keys; not the public one."),
            Field(
                "webhook_secret", "Webhook secret", is_secret=True, help="Any long text you make up; Vapi is told it."
            ),
            Field("phone_number_id", "Phone number id", is_required=False, help="Of a number that may call out."),
            Field(
                "twilio_account_sid",
                "Twilio account SID",
                is_required=False,
                help="Instead of a phone number id: to call from your own Twilio numbers.",
            ),
            Field("twilio_auth_token", "Twilio auth token", is_secret=True, is_required=False),
        ),
        _vapi,
        ("Get or import a phone number that may call out; Vapi's free numbers only take calls.",),
    ),
    ProviderSpec(
        "retell",
        "Retell",
        (
            Field("key", "API key", is_secret=True, help="The one with the webhook badge: it signs the webhooks."),
            Field("agent_id", "Agent id", help="Begins with agent_."),
        ),
        _retell,
        (
            "Make an agent whose prompt is {{crm_prompt}} and whose first message is {{first_sentence}}.",
            "Get a number for it and write the number into the campaign.",
        ),
    ),
    ProviderSpec(
        "elevenlabs",
        "ElevenLabs Agents",
        (
            Field("key", "API key", is_secret=True),
            Field("webhook_secret", "Webhook secret", is_secret=True, help="Shown once when the webhook is made."),
            Field("agent_id", "Agent id"),
            Field("phone_number_id", "Phone number id", help="Of the imported number."),
        ),
        _elevenlabs,
        (
            "Make an agent whose prompt is {{crm_prompt}} and whose first message is {{first_sentence}}.",
            "Import a Twilio number.",
            "Add a post-call webhook, signed by HMAC, with the address below.",
        ),
        needs_address=True,
    ),
    ProviderSpec(
        "bland",
        "Bland",
        (
            Field("key", "API key", is_secret=True),
            Field("webhook_secret", "Webhook secret", is_secret=True, help="Made under Account, Webhook signing."),
            Field(
                "encrypted_key",
                "Encrypted key",
                is_secret=True,
                is_required=False,
                help="Only to call from your own Twilio account.",
            ),
        ),
        _bland,
        ("Make a webhook secret.",),
    ),
)
