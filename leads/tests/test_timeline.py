"""What a contact's timeline says of its leads and notes."""


def test_leads_notes_and_moves_stand_in_the_contacts_timeline(workspace):
    api = workspace.api()
    lead = api.post("/api/v1/leads", {"first_name": "Ada", "email": "ada@x.test", "source": "trade show"}).json()
    api.post(f"/api/v1/leads/{lead['id']}/notes", {"content": "Wants a quote"})
    api.patch(f"/api/v1/leads/{lead['id']}/state", {"state": "qualified"})
    with workspace.scope():
        from contacts.models import Contact
        from contacts.timeline import timeline_of

        events = timeline_of(Contact.objects.get(pk=lead["contact_id"]))
    words = [(e.kind, e.title, e.body) for e in events]
    assert ("lead", "Lead: moved it from Pending to Qualified", "") in words
    assert ("note", "Wrote a note", "Wants a quote") in words
    assert any(e.kind == "lead" and e.detail == "from trade show" for e in events)


def test_the_contacts_page_shows_its_leads_and_takes_notes(workspace):
    lead = workspace.api().post("/api/v1/leads", {"first_name": "Ada", "email": "ada@x.test"}).json()
    page = workspace.browser().get(f"/contacts/{lead['contact_id']}").content.decode()
    assert f"/leads/{lead['id']}" in page
    assert page.count('class="note-box"') == 1
