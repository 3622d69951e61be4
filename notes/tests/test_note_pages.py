"""Notes by clicking: written on a lead, pinned, changed with history, taken away and back, searched, mentions."""

import pytest

from leads.services import create_lead
from notes.models import Note


@pytest.fixture
def lead(workspace):
    with workspace.scope():
        return create_lead(actor=workspace.agent, first_name="Ada", last_name="King", email="ada@x.test")


@pytest.fixture
def browser(workspace):
    return workspace.browser()


@pytest.fixture
def note(workspace, browser, lead):
    browser.post("/notes/new", {"lead": str(lead.pk), "content": "Asked for the price list"})
    with workspace.scope():
        return Note.objects.get()


def _page(browser, address):
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_note_shows_on_its_lead_its_contact_and_in_the_search(browser, lead, note):
    for address in (f"/leads/{lead.pk}", f"/contacts/{lead.contact_id}", "/notes", "/notes?search=price"):
        assert "Asked for the price list" in _page(browser, address), address
    assert "Asked for the price list" not in _page(browser, "/notes?search=elephant")


def test_an_empty_note_is_refused_in_words_and_not_kept(workspace, browser, lead):
    answer = browser.post("/notes/new", {"lead": str(lead.pk), "content": "  "}, HTTP_REFERER=f"/leads/{lead.pk}")
    assert "an empty note is not kept" in _page(browser, answer.url)
    with workspace.scope():
        assert not Note.objects.exists()


def test_a_pinned_note_stands_over_newer_ones(browser, lead, note):
    browser.post("/notes/new", {"lead": str(lead.pk), "content": "Newer words"})
    before = _page(browser, f"/leads/{lead.pk}?tab=notes")
    assert before.index("Newer words") < before.index("Asked for the price list")
    browser.post(f"/notes/{note.pk}/pin", {"pinned": "1"})
    after = _page(browser, f"/leads/{lead.pk}?tab=notes")
    assert after.index("Asked for the price list") < after.index("Newer words")


def test_a_changed_note_tells_what_it_said_before(browser, lead, note):
    assert browser.post(f"/notes/{note.pk}/edit", {"content": "Asked for a discount"}).status_code == 302
    assert f"/notes/{note.pk}/history" in _page(browser, f"/leads/{lead.pk}")
    history = _page(browser, f"/notes/{note.pk}/history")
    assert history.index("Asked for a discount") < history.index("Asked for the price list")


def test_a_deleted_note_comes_back_by_undo(browser, lead, note):
    browser.post(f"/notes/{note.pk}/delete")
    page = _page(browser, f"/leads/{lead.pk}")
    assert "Asked for the price list" not in page
    assert f"/notes/{note.pk}/restore" in page
    browser.post(f"/notes/{note.pk}/restore")
    assert "Asked for the price list" in _page(browser, f"/leads/{lead.pk}")


def test_a_mention_shows_on_the_colleagues_today_page(workspace, browser, lead):
    browser.post("/notes/new", {"lead": str(lead.pk), "content": "@mara can you call her?"})
    assert "can you call her?" in _page(workspace.browser("manager"), "/today")
    assert "can you call her?" not in _page(browser, "/today")


def test_a_strangers_notes_cannot_be_touched(stranger, note):
    browser = stranger.browser("admin")
    for step in ("edit", "history"):
        assert browser.get(f"/notes/{note.pk}/{step}").status_code == 404
    for step in ("pin", "delete", "restore"):
        assert browser.post(f"/notes/{note.pk}/{step}").status_code == 404
