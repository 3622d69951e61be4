"""Pages beside the contact list: duplicates, merging, export, views, fields, the shell's search."""

import pytest
from asgiref.sync import async_to_sync

from contacts.models import Contact, CustomField, Merge, SavedView
from contacts.services import create_contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(workspace):
    with workspace.scope():
        return [
            create_contact(
                actor=None, first_name=name, email=f"{name}@x.example", phone_number="+14155550134", company="Engines"
            )
            for name in ("Ada", "Adah")
        ]


def test_a_pair_is_compared_merged_and_split_by_page(workspace, pair):
    browser = workspace.browser()
    page = browser.get("/contacts/duplicates").content.decode()
    assert "Same phone number" in page
    first, second = pair
    url = f"/contacts/{first.pk}/merge"
    assert "Adah" in browser.get(f"{url}?q=adah").content.decode()
    assert 'value="other"' in browser.get(f"{url}?other={second.pk}").content.decode()
    assert browser.post(url, {"other": str(second.pk), "first_name": "other"}).status_code == 302
    with workspace.scope():
        assert Contact.objects.active().get().first_name == "Adah"
        merge = Merge.objects.get()
    assert browser.get(f"/contacts/{second.pk}")["Location"] == f"/contacts/{first.pk}"
    browser.post(f"/contacts/merges/{merge.pk}/undo")
    with workspace.scope():
        assert Contact.objects.active().count() == 2


def test_two_people_stay_two(workspace, stranger, pair):
    browser = workspace.browser()
    page = browser.get("/contacts/duplicates").content.decode()
    form = next(part.split('"')[0] for part in page.split('action="') if "/dismiss" in part[:90])
    assert stranger.browser().post(form).status_code == 404
    browser.post(form)
    assert "No duplicates" in browser.get("/contacts/duplicates").content.decode()


def test_the_list_leaves_as_a_file_for_managers(workspace, pair):
    assert workspace.browser().get("/contacts/export").status_code == 403
    answer = workspace.browser("manager").get("/contacts/export?format=csv&search=adah")

    async def collect():
        return b"".join([part async for part in answer.streaming_content])

    assert len(async_to_sync(collect)().decode().splitlines()) == 2


def test_a_view_is_saved_shown_and_removed(workspace, pair):
    browser = workspace.browser()
    saved = browser.post(
        "/views/save", {"name": "Hot ones", "query": "search=adah", "base": "/contacts", "kind": "contacts"}
    )
    page = browser.get(saved["Location"]).content.decode()
    assert "Hot ones" in page
    assert page.count('class="row-link') == 1
    with workspace.scope():
        view = SavedView.objects.get()
    assert workspace.browser("manager").post(f"/views/{view.pk}/delete").status_code == 404
    browser.post(f"/views/{view.pk}/delete")
    with workspace.scope():
        assert not SavedView.objects.exists()
    away = browser.post("/views/save", {"name": "x", "base": "//evil.example"})
    assert away["Location"].startswith("/contacts")


def test_admins_manage_custom_fields(workspace):
    assert workspace.browser("manager").get("/settings/fields").status_code == 403
    browser = workspace.browser("admin")
    browser.post("/settings/fields", {"label": "Plan", "kind": "choice", "choices": "Gold, Silver"})
    assert browser.post("/settings/fields", {"label": "Plan"}).status_code == 422
    assert "Gold, Silver" in browser.get("/settings/fields").content.decode()
    with workspace.scope():
        field = CustomField.objects.get()
    browser.post(f"/settings/fields/{field.pk}/delete")
    with workspace.scope():
        assert not CustomField.objects.exists()


def test_the_shells_search_finds_people_and_their_leads(workspace, stranger, pair):
    from leads.models import Lead

    with workspace.scope():
        Lead.objects.create(contact=pair[0], first_name="Ada")
    browser = workspace.browser()
    bare = browser.get("/search?q=ada", headers={"HX-Request": "true"}).content.decode()
    assert 'role="option"' in bare
    assert "<html" not in bare
    assert "Lead · Pending" in bare
    assert "<html" in browser.get("/search?q=0134").content.decode()
    assert "Nothing found" in stranger.browser().get("/search?q=ada").content.decode()
    for odd in ("%00", "", "%", "x" * 3000):
        assert browser.get("/search", {"q": odd}).status_code == 200


def test_the_admin_shows_every_table_of_contacts(workspace, pair):
    browser = workspace.browser("admin")
    for name in (
        "contact",
        "tag",
        "customfield",
        "savedview",
        "import",
        "importrow",
        "contactchange",
        "merge",
        "duplicatepair",
        "bulkaction",
    ):
        assert browser.get(f"/admin/contacts/{name}/").status_code == 200, name
    assert "Adah" in browser.get("/admin/contacts/contact/?q=adah").content.decode()
    assert browser.get(f"/admin/contacts/contact/{pair[0].pk}/change/").status_code == 200
