"""Column mapping: the exports of everyday programs are understood without help."""

import pytest

from contacts.cells import kind_of
from contacts.mapping import (
    LEAD_FIELDS,
    ColumnGuess,
    apply_mapping,
    guess_mapping,
    targets_of,
)


def guessed(header: list[str], *rows: list[str], **options: object) -> dict[str, str]:
    """Column name → target, for the columns that are used at all."""
    guesses = guess_mapping(header, rows, **options)  # type: ignore[arg-type]
    return {guess.name: guess.target for guess in guesses if guess.target}


# --- exports of other programs


def test_a_google_contacts_export_is_understood() -> None:
    header = [
        "First Name",
        "Middle Name",
        "Last Name",
        "Phonetic First Name",
        "Nickname",
        "File As",
        "Organization Name",
        "Organization Title",
        "Organization Department",
        "Birthday",
        "Notes",
        "Photo",
        "Labels",
        "E-mail 1 - Label",
        "E-mail 1 - Value",
        "E-mail 2 - Label",
        "E-mail 2 - Value",
        "Phone 1 - Label",
        "Phone 1 - Value",
        "Phone 2 - Label",
        "Phone 2 - Value",
    ]
    row = [
        *["Anna", "", "Lee", "", "", "", "Acme", "Head of Sales", "", "", "Met in Rome", "https://x.example/p"],
        *["* myContacts ::: VIP", "* Work", "anna@acme.example", "Home", "anna@home.example"],
        *["Work", "+1 415-555-0101", "Mobile", "+1 415-555-0102 ::: +1 415-555-0103"],
    ]
    targets = targets_of(guess_mapping(header, [row]))
    by_name = dict(zip(header, targets, strict=True))
    assert by_name["First Name"] == "first_name"
    assert by_name["Last Name"] == "last_name"
    assert by_name["Organization Name"] == "company"
    assert by_name["Organization Title"] == "title"
    assert by_name["Phone 2 - Value"] == "phone_number"
    assert by_name["Phone 1 - Value"] == "phone_number_2"
    assert by_name["E-mail 1 - Value"] == "email"
    assert by_name["E-mail 2 - Value"] == "email_2"
    assert by_name["Photo"] == by_name["Phone 1 - Label"] == by_name["Birthday"] == ""
    assert apply_mapping(targets, header, row) == {
        "first_name": "Anna",
        "last_name": "Lee",
        "company": "Acme",
        "title": "Head of Sales",
        "notes": "Met in Rome",
        "tags": ["VIP"],
        "email": "anna@acme.example",
        "other_emails": ["anna@home.example"],
        "phone_number": "+1 415-555-0102",
        "other_phones": ["+1 415-555-0103", "+1 415-555-0101"],
        "custom_fields": {
            "e_mail_2_value": "anna@home.example",
            "phone_2_value": "+1 415-555-0103",
            "phone_1_value": "+1 415-555-0101",
        },
    }


def test_an_older_google_export_repeats_the_name_and_is_not_fooled() -> None:
    header = [
        "Name",
        "Given Name",
        "Family Name",
        "Yomi Name",
        "Group Membership",
        "E-mail 1 - Type",
        "E-mail 1 - Value",
        "Phone 1 - Type",
        "Phone 1 - Value",
        "Organization 1 - Type",
        "Organization 1 - Name",
        "Organization 1 - Title",
    ]
    row = [
        "Anna Lee",
        "Anna",
        "Lee",
        "",
        "* myContacts",
        "* Home",
        "a@b.example",
        "Mobile",
        "415-555-0101",
        "",
        "Acme",
        "CEO",
    ]
    assert guessed(header, row) == {
        "Given Name": "first_name",
        "Family Name": "last_name",
        "Group Membership": "tags",
        "E-mail 1 - Value": "email",
        "Phone 1 - Value": "phone_number",
        "Organization 1 - Name": "company",
        "Organization 1 - Title": "title",
    }


def test_an_outlook_export_is_understood() -> None:
    header = [
        "Title",
        "First Name",
        "Last Name",
        "Company",
        "Job Title",
        "Business Fax",
        "Business Phone",
        "Business Phone 2",
        "Home Phone",
        "Mobile Phone",
        "Company Main Phone",
        "Categories",
        "E-mail Address",
        "E-mail Type",
        "E-mail Display Name",
        "Notes",
        "Web Page",
    ]
    row = [
        *["Ms.", "Anna", "Lee", "Acme", "CEO", "415-555-0109", "415-555-0101", "415-555-0102", "415-555-0103"],
        *[
            "415-555-0104",
            "415-555-0105",
            "VIP;Rome",
            "a@b.example",
            "SMTP",
            "Anna Lee (a@b.example)",
            "hi",
            "b.example",
        ],
    ]
    assert guessed(header, row) == {
        "Title": "custom:salutation",
        "First Name": "first_name",
        "Last Name": "last_name",
        "Company": "company",
        "Job Title": "title",
        "Business Fax": "custom:business_fax",
        "Mobile Phone": "phone_number",
        "Business Phone": "phone_number_2",
        "Business Phone 2": "phone_number_3",
        "Home Phone": "phone_number_4",
        "Company Main Phone": "phone_number_5",
        "Categories": "tags",
        "E-mail Address": "email",
        "Notes": "notes",
        "Web Page": "custom:web_page",
    }


@pytest.mark.parametrize(
    ("values", "target"),
    [
        (["Mr.", "Ms.", "Prof. Dr.", "Herr Dr. med."], "custom:salutation"),
        (["Mr.", "Ms.", "Mrs", "Dr", "Engineer"], "custom:salutation"),
        (["CEO", "Dr.", "Head of Sales"], "title"),
        (["", ""], "title"),
    ],
)
def test_a_title_is_how_to_address_people_or_what_they_do_as_its_values_say(values: list[str], target: str) -> None:
    assert guessed(["Title"], *[[value] for value in values]) == {"Title": target}


def test_a_hubspot_export_is_understood() -> None:
    header = [
        "Record ID",
        "First Name",
        "Last Name",
        "Email",
        "Phone Number",
        "Mobile Phone Number",
        "Contact owner",
        "Primary Associated Company",
        "Job Title",
        "Lifecycle Stage",
        "Create Date",
        "Email Opt Out",
    ]
    rows = [
        [
            "101",
            "Anna",
            "Lee",
            "a@b.example",
            "(415) 555-0101",
            "(415) 555-0102",
            "Jo",
            "Acme",
            "CEO",
            "Customer",
            "2026-01-05 10:00",
            "false",
        ],
        [
            "102",
            "Bo",
            "Li",
            "b@b.example",
            "(415) 555-0103",
            "",
            "Jo",
            "Acme",
            "CTO",
            "Marketing Qualified Lead",
            "2026-01-06 10:00",
            "true",
        ],
    ]
    found = guessed(header, *rows)
    assert found["Phone Number"] == "phone_number_2"
    assert found["Mobile Phone Number"] == "phone_number"
    assert found["Primary Associated Company"] == "company"
    assert found["Lifecycle Stage"] == "status"
    assert found["Email"] == "email"
    assert found["Email Opt Out"] == "custom:email_opt_out"
    assert found["Contact owner"] == "custom:contact_owner"
    assert found["Record ID"] == "custom:record_id"
    targets = targets_of(guess_mapping(header, rows))
    first, second = (apply_mapping(targets, header, row) for row in rows)
    assert (first["status"], second["status"]) == ("customer", "lead")
    assert (first["phone_number"], second["phone_number"]) == ("(415) 555-0102", "(415) 555-0103")


def test_a_salesforce_export_is_understood() -> None:
    header = [
        "Salutation",
        "First Name",
        "Last Name",
        "Title",
        "Account Name",
        "Phone",
        "Mobile",
        "Email",
        "Lead Source",
    ]
    row = ["Ms.", "Anna", "Lee", "VP Sales", "Acme", "(415) 555-0101", "(415) 555-0102", "a@b.example", "Web"]
    assert guessed(header, row) == {
        "Salutation": "custom:salutation",
        "First Name": "first_name",
        "Last Name": "last_name",
        "Title": "title",
        "Account Name": "company",
        "Phone": "phone_number_2",
        "Mobile": "phone_number",
        "Email": "email",
        "Lead Source": "custom:lead_source",
    }
    assert guessed(header, row, fields=LEAD_FIELDS)["Lead Source"] == "source"


def test_a_pipedrive_export_is_understood() -> None:
    header = [
        *["Person - Name", "Person - Organization", "Person - Email - Work", "Person - Email - Home"],
        *["Person - Phone - Work", "Person - Phone - Mobile", "Person - Label", "Person - ID"],
    ]
    row = ["Anna Lee", "Acme", "a@b.example", "", "415-555-0101", "415-555-0102", "Hot lead", "7"]
    assert guessed(header, row) == {
        "Person - Name": "full_name",
        "Person - Organization": "company",
        "Person - Email - Work": "email",
        "Person - Email - Home": "email_2",
        "Person - Phone - Work": "phone_number_2",
        "Person - Phone - Mobile": "phone_number",
        "Person - Label": "tags",
        "Person - ID": "custom:person_id",
    }


# --- everyday words in four languages


@pytest.mark.parametrize(
    ("header", "targets"),
    [
        ("Vorname;Nachname;Firma;E-Mail-Adresse;Handynummer;Telefon geschäftlich;Bemerkung;Schlagwörter",
         "first_name last_name company email phone_number phone_number_2 notes tags"),
        ("Vorname;Name;Telefon", "first_name last_name phone_number"),
        ("Prénom;Nom;Société;Courriel;Téléphone portable;Fonction;Étiquettes",
         "first_name last_name company email phone_number title tags"),
        ("Nombre;Apellidos;Empresa;Correo electrónico;Teléfono móvil;Cargo;Notas",
         "first_name last_name company email phone_number title notes"),
        ("Nom complet;Adresse e-mail;Tél.", "full_name email phone_number"),
        ("Nombre;Teléfono", "full_name phone_number"),
        ("firstName;lastName;emailAddress;phoneNumber;jobTitle", "first_name last_name email phone_number title"),
        ("FULL NAME;E-MAIL;CELL #", "full_name email phone_number"),
        ("Time zone;Email", "timezone email"),
    ],
)  # fmt: skip
def test_everyday_headers_are_understood_without_any_values(header: str, targets: str) -> None:
    assert " ".join(targets_of(guess_mapping(header.split(";"), []))) == targets


# --- values against headers


def test_values_decide_where_the_header_says_nothing() -> None:
    found = guessed(
        ["A", "B", "C", "Order"],
        ["anna@acme.example", "+1 415 555 0101", "x", "10000456"],
        ["bo@acme.example", "(415) 555-0102", "y", "10000457"],
    )
    assert found == {"A": "email", "B": "phone_number", "C": "custom:c", "Order": "custom:order"}


def test_values_beat_a_header_that_is_wrong() -> None:
    found = guessed(["Phone", "Contact"], ["none", "anna@acme.example"], ["", "bo@acme.example"])
    assert found == {"Phone": "custom:phone", "Contact": "email"}


def test_an_empty_column_gives_way_to_a_filled_one() -> None:
    assert guessed(["Mobile", "Phone"], ["", "415-555-0101"]) == {
        "Mobile": "phone_number_2",
        "Phone": "phone_number",
    }
    assert guessed(["Company", "Firma"], ["", "Acme"]) == {"Firma": "company"}


def test_a_second_column_for_one_field_becomes_a_custom_field() -> None:
    found = guessed(["Notes", "Comments", "comments"], ["a", "b", "c"])
    assert found == {"Notes": "notes", "Comments": "custom:comments", "comments": "custom:comments_2"}


def test_a_custom_field_that_exists_is_found_again() -> None:
    known = {"favourite_colour": "Favourite colour"}
    guesses = guess_mapping(["FAVOURITE COLOUR"], [["red"]], known)
    assert (guesses[0].target, guesses[0].reason) == ("custom:favourite_colour", "known_custom_field")


def test_a_guess_shows_its_kind_reason_and_samples() -> None:
    rows = [["a@b.example"], ["c@d.example"], ["a@b.example"], ["e@f.example"], ["g@h.example"]]
    assert guess_mapping(["Email"], rows) == [
        ColumnGuess(
            0, "Email", "email", 0.99, "header_and_values", "email", ("a@b.example", "c@d.example", "e@f.example")
        )
    ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a@b.example", "c@d.example"], "email"),
        (["+1 415 555 0101", "(415) 555-0102", "4155550103"], "phone"),
        (["https://x.example", "www.y.example/z", "acme.example"], "url"),
        (["2026-11-20", "20.11.2026", "11/20/26"], "date"),
        (["1,200", "15", "-3.5"], "number"),
        (["yes", "No", "x"], "yes_no"),
        (["red", "blue"], "text"),
        (["a@b.example", "none", "none"], "text"),
        ([], ""),
    ],
)
def test_the_kind_of_a_column_is_seen_in_its_values(values: list[str], kind: str) -> None:
    assert kind_of(values) == kind
