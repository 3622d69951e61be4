"""What a search found is marked in the list and in the palette, and nothing else becomes markup."""

import pytest

from contacts.services import create_contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(workspace):
    return workspace.browser()


def test_a_searched_list_marks_what_was_found_and_stays_safe(workspace, browser):
    with workspace.scope():
        create_contact(
            actor=None, first_name="Ada", last_name="<b>Byron", company="Byron & Söhne", title="<i>Buyer",
            email="ada@x.test", phone_number="+14155550134", tags=["byron-list"],
        )  # fmt: skip
    page = browser.get("/contacts?search=byron").content.decode()
    assert "Ada &lt;b&gt;<mark>Byron</mark></a>" in page
    assert "<mark>Byron</mark> &amp; Söhne" in page
    assert "<mark>byron</mark>-list" in page
    assert "&lt;i&gt;Buyer" in page
    assert "<mark>Sohne</mark>" not in page
    assert "<mark>Söhne</mark>" in browser.get("/contacts?search=sohne").content.decode()
    assert "&lt;b&gt;<mark>Byron</mark>" in browser.get("/contacts?search=byrno").content.decode()
    assert "+1 415 <mark>555 0134</mark>" in browser.get("/contacts?search=5550134").content.decode()
    assert "<mark>" not in browser.get("/contacts").content.decode()
    assert "<mark>" not in browser.get("/contacts?status=lead&search=+").content.decode()


def test_the_palette_marks_what_was_found_and_says_where(workspace, browser):
    with workspace.scope():
        create_contact(
            actor=None, first_name="Ada", last_name="<b>Byron", company="A & B", email="kestrel@x.test",
            phone_number="+14155550134",
        )  # fmt: skip
        create_contact(actor=None, email="owl@x.test")
    name = browser.get("/search?q=byron", headers={"HX-Request": "true"}).content.decode()
    assert "Ada &lt;b&gt;<mark>Byron</mark>" in name
    assert "A &amp; B · " in name
    assert "<mark>kestrel</mark>@x.test" in browser.get("/search?q=kestrel").content.decode()
    assert browser.get("/search?q=owl").content.decode().count("<mark>owl</mark>") == 1
    assert "<mark>555 0134</mark>" in browser.get("/search?q=555-0134").content.decode()
    assert "<script>" not in browser.get("/search?q=<script>", headers={"HX-Request": "true"}).content.decode()
