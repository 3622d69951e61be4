import io
import wave

import pytest

from simulator.tests.conftest import wait_until


@pytest.fixture
def recording(phone):
    call = phone.wait_for_end(phone.request_call("+12125550177", max_duration_seconds=30).json()["id"])
    return call, f"/v1/recordings/{call['recording_id']}"


def test_a_recording_is_audio_as_long_as_the_talk(phone, recording):
    call, path = recording
    answer = phone.get(path)
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as audio:
        assert (audio.getnchannels(), audio.getframerate(), audio.getsampwidth()) == (1, 8000, 2)
        assert audio.getnframes() / 8000 == pytest.approx(call["duration_seconds"], abs=1)
        frames = audio.readframes(audio.getnframes())
    assert len(set(frames)) > 200


def test_parts_of_a_recording_can_be_asked_for(phone, recording):
    _, path = recording
    whole = phone.get(path).content
    middle = phone.get(path, headers={"range": "bytes=100-199"})
    assert (middle.status_code, middle.content) == (206, whole[100:200])
    assert middle.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert phone.get(path, headers={"range": "bytes=-50"}).content == whole[-50:]
    assert phone.get(path, headers={"range": f"bytes={len(whole) - 10}-"}).content == whole[-10:]
    assert phone.get(path, headers={"range": f"bytes={len(whole)}-"}).status_code == 416


def test_a_call_that_is_not_to_be_recorded_is_not(phone, receiver):
    call = phone.wait_for_end(phone.request_call("+12125550177", record=False).json()["id"])
    assert call["recording_id"] is None
    assert phone.get(f"/v1/recordings/REC{call['id'][3:]}").status_code == 404


def test_no_recording_is_longer_than_a_minute(phone):
    calls = [phone.request_call(f"+121255501{n}", str(n)).json()["id"] for n in range(70, 90)]
    longest = max((phone.wait_for_end(call) for call in calls), key=lambda call: call["duration_seconds"])
    assert longest["duration_seconds"] > 60
    path = f"/v1/recordings/{longest['recording_id']}"
    content = wait_until(lambda: phone.get(path).content)
    assert len(content) == 44 + 60 * 8000 * 2
