"""Search of leads, notes and transcripts: the tenant's own finds, read through an index and not row by row."""

import pytest
from django.db import connection, connections

from calls.filters import CallFilter
from calls.models import Call
from calls.selectors import call_list
from contacts.models import Contact
from core.scope import tenant_scope
from leads.filters import LeadFilter
from leads.models import Lead
from leads.selectors import lead_rows
from notes.filters import NoteFilter
from notes.models import Note

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

ROWS = 3000
TEXT = "md5(n::text) || CASE WHEN n %% %s = 7 THEN ' Haystack-Needle 100%% ' || n ELSE ' Wolf 100 percent ' END"
LEADS = f"""INSERT INTO leads_lead (id, tenant_id, contact_id, first_name, last_name, email, phone_number,
  company, state, source, message, custom_fields, consent, resume, resume_name)
  SELECT crm_uuid7(), %s, (SELECT id FROM contacts_contact LIMIT 1), {TEXT}, '', '', '',
    '', 'pending', '', repeat('.', 1500), '{{}}', true, '', '' FROM generate_series(1, {ROWS}) AS n"""
NOTES = f"""INSERT INTO notes_note (id, tenant_id, lead_id, content, mentions)
  SELECT crm_uuid7(), %s, (SELECT id FROM leads_lead LIMIT 1), repeat(md5(n::text), 20) || {TEXT}, '{{}}'
  FROM generate_series(1, {ROWS}) AS n"""
SAID = f"""INSERT INTO calls_conversation (id, tenant_id, call_id, status, messages, transcript)
  SELECT crm_uuid7(), %s, id, 'completed', '[]', {TEXT}
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM calls_call) AS c"""
LISTS = {
    "leads": (LeadFilter, lead_rows, "leads_lead", "lead_words"),
    "notes": (NoteFilter, Note.objects.active, "notes_note", "note_words"),
    "calls": (CallFilter, call_list, "calls_conversation", "conversation_said"),
}


def fill(tenant_id, kind, every):
    """Rows of a workspace, one of so many holds the needle."""
    with tenant_scope(tenant_id), connection.cursor() as cursor:
        Contact.objects.create(email="whose@x.test")
        if kind != "calls":
            cursor.execute(LEADS, [tenant_id, every])
        if kind == "notes":
            cursor.execute(NOTES, [tenant_id, every])
        if kind == "calls":
            numbers = (f"+1415{number:07}" for number in range(ROWS))
            Call.objects.bulk_create(Call(phone_number=n, dial_state="ended", callback_token=n) for n in numbers)
            cursor.execute(SAID, [tenant_id, every])


@pytest.fixture(params=LISTS)
def kind(request, workspace, stranger):
    fill(workspace.id, request.param, every=1000)
    fill(stranger.id, request.param, every=8)
    with connections["owner"].cursor() as owner:
        owner.execute("ANALYZE leads_lead, notes_note, calls_call, calls_conversation")
    return request.param


def search(kind, words):
    filters, rows, _, _ = LISTS[kind]
    return list(filters({"search": words}, queryset=rows()).qs)


def reads(table, index):
    """Rows of a table, and look-ups in an index, in the open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch, pg_stat_get_xact_numscans(%s::regclass)"
            " FROM pg_stat_xact_user_tables WHERE relname = %s",
            [index, table],
        )
        return cursor.fetchone()


def test_a_search_reads_what_it_finds_through_its_index(workspace, kind, no_transaction):
    with workspace.scope(), no_transaction.atomic():
        before, looked_up = reads(*LISTS[kind][2:])
        found = search(kind, "needle")
        after, looked_up_since = reads(*LISTS[kind][2:])
    assert len(found) == 3
    assert {row.tenant_id for row in found} == {workspace.id}
    assert looked_up_since > looked_up
    assert after - before < ROWS / 50


def test_a_search_finds_every_word_in_any_place_and_letter_case(workspace, kind):
    with workspace.scope():
        sizes = {words: len(search(kind, words)) for words in ("NEEDLE haystack", "needle wolf", "wolf", "", "  ")}
        assert sizes == {"NEEDLE haystack": 3, "needle wolf": 0, "wolf": ROWS - 3, "": ROWS, "  ": ROWS}
        if kind != "calls":
            assert [len(search(kind, words)) for words in ("100%", "h%k", "stack\\", "aystack-n")] == [3, 0, 0, 3]


@pytest.mark.parametrize("words", ["o'neil", "a\\b", "50%", "snake_case", "Straße"])
def test_signs_in_the_words_stand_for_themselves(workspace, words):
    with workspace.scope():
        contact = Contact.objects.create(email="whose@x.test")
        for first in ("O'Neil", "a\\b", "50% off", "snake_case", "STRASSE Straße", "oneil", "ab", "500", "snakeXcase"):
            Lead.objects.create(contact=contact, first_name=first)
        assert [lead.first_name.lower() for lead in search("leads", words)] == [
            lead.first_name.lower() for lead in Lead.objects.active() if words.lower() in lead.first_name.lower()
        ]
