"""Outlook's "Title" column (Mr., Ms., Dr.) is no job title."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contacts.models import Contact, CustomField
from contacts.tests.test_imports import run, upload

pytestmark = pytest.mark.django_db


def test_outlooks_title_becomes_a_field_called_salutation(workspace):
    text = "Title,First Name,Job Title,E-mail Address\nDr.,Ada,Engineer,ada@engines.example\n"
    job = run(workspace, upload(workspace, text))
    assert job["mapping"]["Title"] == "custom:salutation"
    with workspace.scope():
        assert CustomField.objects.get().label == "Salutation"
        ada = Contact.objects.get()
        assert (ada.title, ada.custom_fields) == ("Engineer", {"salutation": "Dr."})


def test_the_columns_step_names_the_new_field_for_salutations(workspace):
    file = SimpleUploadedFile("o.csv", b"Title,First Name,E-mail Address\nMs.,Ada,ada@engines.example\n")
    answer = workspace.browser("manager").post("/contacts/import", {"file": file})
    page = workspace.browser("manager").get(answer["Location"]).content.decode()
    assert '<option value="custom:salutation" selected>New field “Salutation”</option>' in page
