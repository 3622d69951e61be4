"""Voice providers by pasted key: tried first, kept encrypted, never shown, and each workspace's own."""

import hashlib
import hmac
import json
import time

import httpx
import orjson
import pytest
import respx
from django.db import connection

from calls import telephony, voice_accounts, webhooks
from calls.models import Call, CallEvent, OrphanEvent, ProviderAccount
from campaigns.models import Campaign
from core.problems import NotFound

pytestmark = pytest.mark.django_db
NUMBER = "+12025550171"
VAPI = "/settings/voice/vapi"
FORM = {"key": "vapi-private-key", "webhook_secret": "vapi-hook-secret", "phone_number_id": "PN1"}
CAMPAIGN = {"name": "Real", "provider": "vapi"}
SHARED = {"key": "s", "webhook_secret": "shared-secret", "agent_id": "s", "phone_number_id": "s"}


@pytest.fixture(autouse=True)
def nothing_shared(settings):
    settings.TELEPHONY = {}


@pytest.fixture
def vapi():
    """Vapi, who knows the one key."""

    def answer(request):
        known = request.headers["Authorization"] == "Bearer vapi-private-key"
        return httpx.Response(200, json=[]) if known else httpx.Response(401, json={"message": "Invalid Key"})

    with respx.mock:
        respx.get(url__startswith="https://api.vapi.ai/call").mock(side_effect=answer)
        yield


def keep(workspace, provider="elevenlabs", secret="own-secret", **fields):
    values = {"key": "k", "webhook_secret": secret, "agent_id": "A1", "phone_number_id": "P1", **fields}
    with workspace.scope():
        ProviderAccount.objects.create(provider=provider, credentials=orjson.dumps(values).decode())


def make_call(workspace, provider="elevenlabs"):
    with workspace.scope():
        return Call.objects.create(
            phone_number=NUMBER,
            provider=provider,
            callback_token="right-token",
            dial_state="placed",
            provider_call_id="conv-1",
        )


def report(client, call, *, secret, attempt=False, account=""):
    """The event ElevenLabs sends after a conversation, signed with a secret."""
    data = {
        "conversation_id": "conv-1",
        "status": "done",
        "metadata": {"call_duration_secs": 20, "start_time_unix_secs": int(time.time())},
        "conversation_initiation_client_data": {"dynamic_variables": {"reference": str(call.pk)}},
    }
    body = json.dumps({"type": "post_call_transcription", "event_timestamp": int(time.time()), "data": data}).encode()
    stamp = int(time.time())
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    query = f"?attempt={call.pk}&token=right-token" if attempt else f"?account={account}" if account else ""
    return client.generic(
        "POST",
        f"/api/v1/webhooks/telephony/elevenlabs{query}",
        body,
        content_type="application/json",
        HTTP_ELEVENLABS_SIGNATURE=f"t={stamp},v0={mac}",
    )


def test_a_key_that_works_is_kept_encrypted_and_never_shown(workspace, vapi):
    browser = workspace.browser("admin")
    assert b"Not set up" in browser.get("/settings/voice").content
    assert browser.post(VAPI, FORM).status_code == 302
    assert b"The key works" in browser.get("/settings/voice").content
    page = browser.get(VAPI).content.decode()
    assert "PN1" in page
    assert "vapi-private-key" not in page
    assert "vapi-hook-secret" not in page
    with workspace.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM calls_provideraccount")
        stored = cursor.fetchone()[0]
        assert "vapi" not in stored
        assert telephony.get_provider("vapi").name == "vapi"


def test_a_key_that_is_refused_is_not_kept(workspace, vapi):
    page = workspace.browser("admin").post(VAPI, FORM | {"key": "wrong"}).content.decode()
    assert "Nothing was kept" in page
    with workspace.scope():
        assert not ProviderAccount.objects.exists()


def test_an_empty_secret_keeps_the_present_one(workspace, vapi):
    browser = workspace.browser("admin")
    browser.post(VAPI, FORM)
    assert browser.post(VAPI, {"key": "", "webhook_secret": "", "phone_number_id": "PN2"}).status_code == 302
    with workspace.scope():
        fields = voice_accounts.fields_of(voice_accounts.get_account("vapi"))
    assert (fields["key"], fields["phone_number_id"]) == ("vapi-private-key", "PN2")


def test_checking_says_what_the_provider_says(workspace, vapi):
    browser = workspace.browser("admin")
    keep(workspace, "vapi", key="gone-bad")
    answer = browser.post(f"{VAPI}/check", follow=True).content.decode()
    assert "Vapi says:" in answer
    assert "the key works" not in answer
    browser.post(VAPI, FORM)
    assert b"Vapi says: the key works" in browser.post(f"{VAPI}/check", follow=True).content


def test_forgetting_takes_the_provider_from_the_campaigns(workspace, vapi):
    browser = workspace.browser("admin")
    browser.post(VAPI, FORM)
    browser.get("/settings/voice")
    assert b'value="vapi"' in browser.get("/campaigns/new").content
    assert browser.post(f"{VAPI}/forget").status_code == 302
    assert b'value="vapi"' not in browser.get("/campaigns/new").content


def test_nothing_changes_while_calls_are_under_way(workspace, vapi):
    browser = workspace.browser("admin")
    browser.post(VAPI, FORM)
    make_call(workspace, "vapi")
    assert b"under way" in browser.post(VAPI, FORM | {"phone_number_id": "PN9"}).content
    assert b"under way" in browser.post(f"{VAPI}/forget", follow=True).content
    with workspace.scope():
        assert ProviderAccount.objects.count() == 1


@pytest.mark.parametrize("path", ["/settings/voice", VAPI])
def test_only_admins_come_in(workspace, path):
    assert workspace.browser("manager").get(path).status_code == 403
    assert workspace.browser("admin").get("/settings/voice/pigeon").status_code == 404


def test_a_campaign_may_be_drafted_before_its_provider_is_set_up_and_starts_after(workspace, stranger):
    manager = workspace.api("manager")
    campaign = {**CAMPAIGN, "consent_policy": "waived", "consent_waiver_reason": "Own customers"}
    made = manager.post("/api/v1/campaigns", campaign, format="json")
    assert made.status_code == 201
    at = f"/api/v1/campaigns/{made.json()['id']}"
    manager.post(f"{at}/contacts", {"phone_number": NUMBER}, format="json")
    keep(stranger, "vapi")
    assert manager.post(f"{at}/start").json()["reasons"] == ["provider_not_configured"]
    keep(workspace, "vapi")
    assert manager.post(f"{at}/start").status_code == 200


def test_a_campaign_whose_provider_went_away_does_not_start(workspace):
    manager = workspace.api("manager")
    with workspace.scope():
        campaign = Campaign.objects.create(
            name="Real", provider="vapi", consent_policy="waived", consent_waiver_reason="Own customers"
        )
    manager.post(f"/api/v1/campaigns/{campaign.pk}/contacts", {"phone_number": NUMBER}, format="json")
    answer = manager.post(f"/api/v1/campaigns/{campaign.pk}/start")
    assert answer.status_code == 409
    assert "provider_not_configured" in answer.json()["reasons"]


def test_each_workspace_calls_with_its_own_account_and_else_with_the_installations(workspace, stranger, settings):
    keep(workspace)
    with stranger.scope(), pytest.raises(NotFound):
        telephony.get_provider("elevenlabs")
    settings.TELEPHONY = {"elevenlabs": SHARED}
    with workspace.scope():
        own = telephony.get_provider("elevenlabs")
        assert telephony.get_provider("elevenlabs") is own
    with stranger.scope():
        theirs = telephony.get_provider("elevenlabs")
    assert own is not theirs
    assert theirs is telephony.shared_provider("elevenlabs")


@pytest.mark.parametrize("named_by", ["attempt", "account"])
def test_the_workspaces_own_secret_verifies_its_webhooks(client, workspace, named_by):
    keep(workspace)
    call = make_call(workspace)
    how = {"attempt": True} if named_by == "attempt" else {"account": webhooks.webhook_account(workspace.id)}
    assert report(client, call, secret="another", **how).status_code == 403
    answer = report(client, call, secret="own-secret", **how)
    assert (answer.status_code, answer.json()) == (200, {"result": "applied"})


def test_one_workspaces_secret_never_speaks_of_anothers_call(client, workspace, stranger, settings):
    settings.TELEPHONY = {"elevenlabs": SHARED}
    keep(stranger, secret="strangers-secret")
    keep(workspace)
    call = make_call(workspace)
    theirs = webhooks.webhook_account(stranger.id)
    for how in ({"attempt": True}, {"account": theirs}, {}):
        for secret in ("strangers-secret", "shared-secret"):
            assert report(client, call, secret=secret, **how).status_code == 403, (how, secret)
    with workspace.scope():
        assert not CallEvent.objects.exists()
        assert Call.objects.get().dial_state == "placed"
    assert not OrphanEvent.objects.exists()
    own = webhooks.webhook_account(workspace.id)
    assert report(client, call, secret="own-secret", account=own + "x").status_code == 403
    assert report(client, call, secret="own-secret", account=own).status_code == 200


def test_the_installations_secret_verifies_for_workspaces_without_an_account(client, workspace, settings):
    settings.TELEPHONY = {"elevenlabs": SHARED}
    call = make_call(workspace)
    assert report(client, call, secret="wrong").status_code == 403
    assert report(client, call, secret="shared-secret").status_code == 200


def test_the_address_to_paste_is_shown_where_it_must_be_pasted(workspace):
    page = workspace.browser("admin").get("/settings/voice/elevenlabs").content.decode()
    assert webhooks.webhook_account(workspace.id) in page
    assert "account=" not in workspace.browser("admin").get(VAPI).content.decode()
