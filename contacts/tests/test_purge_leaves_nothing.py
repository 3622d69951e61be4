"""What is left of a person after they were erased: nothing that names them, in any table."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from contacts.importing import engine
from contacts.models import Contact
from contacts.services import update_contact
from notes.models import Note

pytestmark = pytest.mark.django_db
CANARIES = ("Canaria", "Kanarek", "canary@aviary.example", "4155550177", "Aviary Holdings", "sings at dawn")
ROW = '"Canaria","Kanarek","canary@aviary.example","(415) 555-0177","Aviary Holdings","sings at dawn"\n'
FILE = f"First Name,Last Name,Email,Phone,Company,Notes\n{ROW}{ROW}"


def mentions():
    """(table, canary) of every row that still names the person."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            for canary in CANARIES:
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE to_jsonb(t)::text ILIKE %s', [f"%{canary}%"])
                found += [(table, canary)] * bool(cursor.fetchone()[0])
    return found


def lived_in(workspace):
    """A contact that was imported, changed, pursued, written about, found double and merged."""
    api = workspace.api("manager")
    for conflict in ("skip", "update"):
        file = SimpleUploadedFile("birds.csv", FILE.replace("Holdings", conflict).encode(), content_type="text/csv")
        answer = api.post("/api/v1/contacts/import", {"file": file, "on_conflict": conflict}, format="multipart")
        while engine.run_slice(workspace.id, answer.json()["id"]):
            pass
    contact = api.get("/api/v1/contacts?email=canary@aviary.example").json()["items"][0]["id"]
    with workspace.scope():
        update_contact(actor=workspace.agent, contact=Contact.objects.get(pk=contact), company="Aviary Holdings")
        Note.objects.create(contact_id=contact, content="Canaria sings at dawn")
    api.post("/api/v1/leads", {"first_name": "Canaria", "last_name": "Kanarek", "email": "canary@aviary.example"})
    double = {"first_name": "Canaria", "last_name": "Kanarek", "phone_number": "+14155550177"}
    other = api.post("/api/v1/contacts", double).json()["id"]
    api.get("/api/v1/contacts/duplicates")
    assert api.post(f"/api/v1/contacts/{contact}/merge", {"other_id": other}).status_code == 200
    return contact


def test_a_purge_leaves_no_word_of_the_person_in_any_table(workspace):
    contact = lived_in(workspace)
    with workspace.scope():
        assert {table for table, _ in mentions()} >= {"contacts_contact", "notes_note", "leads_lead"}
    assert workspace.api("admin").delete(f"/api/v1/contacts/{contact}?purge=true").status_code == 204
    with workspace.scope():
        assert mentions() == []
