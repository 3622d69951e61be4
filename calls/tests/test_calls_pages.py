"""The pages of calls work as plain links and forms."""

import pytest

from calls.models import Call
from calls.tests.test_calls_api import made  # noqa: F401 - a fixture
from notes.models import Note

pytestmark = pytest.mark.django_db


def test_the_list_shows_calls_and_finds_words(workspace, made):  # noqa: F811
    browser = workspace.browser()
    page = browser.get("/calls").content.decode()
    assert "Ada" in page
    assert "Asked about the warranty." in page
    assert "Ada" in browser.get("/calls?search=warranty&outcome=completed").content.decode()
    assert "No calls match" in browser.get("/calls?search=bicycle").content.decode()


def test_an_empty_list_says_what_to_do(workspace):
    assert "No calls yet" in workspace.browser().get("/calls").content.decode()


def test_a_call_page_has_words_sound_and_outcomes(workspace, made):  # noqa: F811
    page = workspace.browser().get(f"/calls/{made.pk}").content.decode()
    assert "Tell me about the warranty." in page
    assert f"/api/v1/recordings/{made.recording.pk}" in page
    assert page.count('name="disposition"') == 6


def test_the_sound_is_heard_with_the_browsers_session(workspace, made):  # noqa: F811
    answer = workspace.browser().get(f"/api/v1/recordings/{made.recording.pk}", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, b"RIFF")


def test_an_outcome_is_chosen_with_a_note(workspace, made):  # noqa: F811
    browser = workspace.browser()
    answer = browser.post(f"/calls/{made.pk}/disposition", {"disposition": "interested", "note": "Hot."}, follow=True)
    assert "Marked as interested." in answer.content.decode()
    with workspace.scope():
        assert Call.objects.get(pk=made.pk).disposition == "interested"
        assert Note.objects.get().content == "Hot."


def test_a_callback_without_a_time_is_sent_back_with_the_reason(workspace, made):  # noqa: F811
    answer = workspace.browser().post(f"/calls/{made.pk}/disposition", {"disposition": "callback"})
    assert answer.status_code == 422
    assert "Say when to call back." in answer.content.decode()


def test_a_note_is_kept_and_shown(workspace, made):  # noqa: F811
    browser = workspace.browser()
    page = browser.post(f"/calls/{made.pk}/notes", {"content": "Call after ten."}, follow=True).content.decode()
    assert "Call after ten." in page
    assert "an empty note is not kept" in browser.post(f"/calls/{made.pk}/notes", {}, follow=True).content.decode()


def test_a_strangers_call_is_not_there(workspace, stranger, made):  # noqa: F811
    assert stranger.browser().get(f"/calls/{made.pk}").status_code == 404
    assert stranger.browser().post(f"/calls/{made.pk}/notes", {"content": "x"}).status_code == 404


def test_the_list_takes_as_many_queries_for_three_calls_as_for_one(workspace, made, django_assert_max_num_queries):  # noqa: F811
    browser = workspace.browser()
    browser.get("/calls")
    with workspace.scope():
        for number in range(3):
            Call.objects.create(phone_number=f"+1202555017{number}", callback_token="t", dial_state="ended")
    with django_assert_max_num_queries(12):
        assert browser.get("/calls").status_code == 200
