import pytest

from calls import telephony
from calls.providers import registry
from calls.providers.base import Rejected, VoiceProvider
from core.problems import NotFound


@pytest.mark.parametrize("spec", registry.SPECS, ids=lambda spec: spec.name)
def test_every_provider_can_be_made_from_its_fields_alone(spec):
    required = {field.name: "x" for field in spec.fields if field.is_required}
    everything = {field.name: "x" for field in spec.fields}
    for credentials in (required, everything, {**required, "unknown": "y"}):
        provider = registry.make_provider(spec.name, credentials)
        assert isinstance(provider, VoiceProvider)
        assert provider.name == spec.name
        provider.close()


def test_what_is_missing_is_named():
    with pytest.raises(Rejected, match="Auth token"):
        registry.make_provider("twilio", {"account_sid": "AC1"})
    with pytest.raises(Rejected, match="no such"):
        registry.make_provider("carrier pigeon", {})


def test_the_environment_offers_only_providers_that_are_complete():
    environ = {
        "TELEPHONY_TWILIO_ACCOUNT_SID": "AC1",
        "TELEPHONY_TWILIO_AUTH_TOKEN": " token ",
        "TELEPHONY_VAPI_KEY": "key",
    }
    found = registry.read_credentials(environ)
    assert list(found) == ["twilio"]
    assert found["twilio"]["auth_token"] == "token"


@pytest.mark.django_db
def test_the_product_offers_the_simulated_phones_and_what_has_credentials(settings, workspace):
    settings.TELEPHONY = {"retell": {"key": "k", "agent_id": "a"}}
    with workspace.scope():
        assert telephony.get_provider("simulated").name == "simulated"
        assert telephony.get_provider("retell").name == "retell"
        assert telephony.get_provider("retell") is telephony.get_provider("retell")
        assert telephony.configured() == {"simulated", "retell"}
        with pytest.raises(NotFound):
            telephony.get_provider("vapi")
