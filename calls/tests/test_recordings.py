"""Recordings are kept as what they are, whatever was announced."""

import pytest
import respx
from django.core.files.storage import default_storage

from calls import recordings, telephony
from calls.models import Call, Recording
from calls.tests.test_provider_bland import API, CALL
from core.scope import tenant_context

pytestmark = pytest.mark.django_db


@pytest.fixture
def recording(workspace, settings):
    settings.TELEPHONY = {"bland": {"key": "key", "webhook_secret": "secret"}}
    telephony._real.cache_clear()
    with workspace.scope():
        call = Call.objects.create(
            phone_number="+12025550171", provider="bland", callback_token="t", dial_state="ended", status="ended"
        )
        yield Recording.objects.create(call=call, provider_recording_id="b-1")


def copy(workspace, recording, sound):
    with respx.mock:
        respx.get(f"{API}/v1/calls/b-1").respond(json=CALL)
        respx.get(CALL["recording_url"]).respond(200, content=sound)
        with tenant_context(workspace.id):
            recordings.copy_recording({"recording_id": str(recording.pk)})
    recording.refresh_from_db()
    return recording


@pytest.mark.parametrize(
    ("sound", "kind", "suffix"),
    [
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav", "wav"),
        (b"ID3\x04 sound", "audio/mpeg", "mp3"),
        (b"\xff\xfb\x90\x00 sound", "audio/mpeg", "mp3"),
        (b"OggS sound", "audio/ogg", "ogg"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4", "m4a"),
    ],
)
def test_a_recording_is_stored_and_played_as_what_it_is(workspace, recording, sound, kind, suffix):
    stored = copy(workspace, recording, sound)
    assert (stored.status, stored.content_type, stored.size_bytes) == ("available", kind, len(sound))
    assert stored.file.endswith(f".{suffix}")
    heard = workspace.api().get(f"/api/v1/recordings/{stored.pk}")
    assert (heard["Content-Type"], b"".join(heard.streaming_content)) == (kind, sound)
    assert heard["Content-Disposition"].endswith(f'.{suffix}"')
    default_storage.delete(stored.file)


def test_what_is_no_sound_is_not_kept(workspace, recording):
    stored = copy(workspace, recording, b"<html>Sign in</html>")
    assert (stored.status, stored.error, stored.file) == ("failed", "What the provider sent is no sound.", "")
