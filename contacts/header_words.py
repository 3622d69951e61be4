"""What people and programs call the columns of a contact list, by the field each name means.

English, German, French and Spanish everyday words, and the headers that Google Contacts, Outlook, HubSpot,
Salesforce and Pipedrive write. All are given as `normalise` leaves them: lower case, no accents, words only.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES: Final[dict[str, str]] = {
    "first_name": "first name, firstname, given name, forename, christian name, fname, first, vorname, rufname, "
    "prenom, primer nombre, nombre de pila, nombres",
    "last_name": "last name, lastname, family name, surname, lname, last, nachname, familienname, zuname, "
    "nom de famille, nom famille, apellido, apellidos, primer apellido",
    "full_name": "full name, fullname, contact, contact name, person, display name, customer, customer name, "
    "lead name, client name, vollstandiger name, name vollstandig, vor und nachname, ansprechpartner, "
    "kontakt, kontaktname, kunde, kundenname, nom complet, nom et prenom, nom prenom, prenom nom, contacto, "
    "nombre completo, nombre y apellido, nombre y apellidos, nombre del contacto",
    "email": "email, e mail, mail, email address, e mail address, mail address, emails, work email, "
    "business email, personal email, private email, home email, other email, primary email, contact email, "
    "email 1, e mail 1, email 1 value, e mail 1 value, e mail work, email work, email home, email other, "
    "e mail adresse, emailadresse, mailadresse, mail adresse, adresse email, adresse e mail, adresse mail, "
    "courriel, adresse electronique, correo, correo electronico, direccion de correo, "
    "direccion de correo electronico",
    "company": "company, company name, organization, organisation, organization name, organisation name, "
    "organization 1 name, organization 1, account, account name, business, business name, employer, firm, "
    "associated company, associated company name, primary associated company, firma, firmenname, unternehmen, "
    "unternehmensname, gesellschaft, arbeitgeber, betrieb, entreprise, nom de l entreprise, societe, "
    "raison sociale, organisme, empresa, nombre de la empresa, compania, organizacion, razon social",
    "title": "title, job title, jobtitle, position, role, job, job role, occupation, organization title, "
    "organization 1 title, berufsbezeichnung, funktion, rolle, stelle, beruf, jobtitel, fonction, poste, "
    "intitule du poste, titre, metier, cargo, puesto, titulo, ocupacion",
    "tags": "tags, tag, labels, label, categories, category, group membership, groups, group, keywords, "
    "segments, segment, lists, schlagworte, schlagworter, stichworte, kategorien, kategorie, gruppen, gruppe, "
    "etiketten, etiquettes, etiquette, mots cles, categorie, groupes, groupe, etiquetas, etiqueta, categorias, "
    "categoria, grupos, grupo, palabras clave",
    "notes": "notes, note, comment, comments, remarks, remark, memo, description, info, notizen, notiz, "
    "bemerkung, bemerkungen, kommentar, kommentare, anmerkung, anmerkungen, beschreibung, commentaire, "
    "commentaires, remarque, remarques, notas, nota, comentario, comentarios, observaciones, descripcion",
    "status": "status, contact status, lead status, lifecycle stage, lifecyclestage, stage, customer status, "
    "lebenszyklusphase, phase, kundenstatus, statut, etape, estado, etapa, etapa del ciclo de vida",
    "timezone": "time zone, timezone, tz, zeitzone, fuseau horaire, zona horaria, huso horario",
    "source": "source, lead source, origin, original source, quelle, herkunft, leadquelle, origine, provenance, "
    "fuente, origen",
}
# A plain "name" is the whole name, unless its partner stands in another column.
NAME_WORDS: Final = frozenset({"name", "nom", "nombre"})

# Words that make a column a phone column, and those that say which phone it is; the best to call comes first.
PHONE_WORDS: Final = _words(
    "phone telephone tel mobile cell cellphone handy mobil mobiltelefon mobilnummer telefon "
    "telefonnummer rufnummer festnetz handynummer natel portable telefono movil celular "
    "fijo phonenumber msisdn fon mobilephone homephone workphone businessphone gsm whatsapp"
)
PHONE_RANKS: Final[tuple[tuple[int, frozenset[str]], ...]] = (
    (0, _words("fax telefax pager fernkopie")),
    (1, _words("assistant main company other callback isdn radio car telex tty assistent zentrale autre otro")),
    (2, _words("home private privat domicile casa festnetz fixe fijo 2 3 4 secondary alternate")),
    (3, _words("work business office geschaftlich arbeit buro dienstlich bureau travail professionnel trabajo")),
    (
        5,
        _words(
            "mobile cell cellphone handy mobil mobiltelefon mobilnummer handynummer natel portable "
            "movil celular mobilephone gsm whatsapp"
        ),
    ),
)
USUAL_PHONE_RANK: Final = 4
MOBILE_RANK: Final = 5

# Columns that say something about another column, or repeat it for machines.
NOISE: Final = re.compile(
    r".*(?:phonetic|yomi|photo|file as|display name|email type|e mail type|sensitivity|initials).*"
    r"|(?:e ?mail|phone|address|website|organization|relation|event|im|custom field|jot) \d+ (?:type|label)"
    r"|.*password.*"
)
SALUTATIONS: Final = _words(
    "mr mrs ms miss mx dr prof sir madam herr frau hr fr m mme mlle monsieur madame sr sra "
    "srta don dona prof dr dr med dipl ing"
)

_STATUSES: Final[dict[str, str]] = {
    "lead": "lead, new, open, subscriber, prospect, cold, marketing qualified lead, mql, interessent, nouveau, "
    "nuevo, contact, other, evangelist, attempted to contact, in progress, unqualified, piste, posible cliente",
    "opportunity": "opportunity, sales qualified lead, sql, qualified, hot, warm, deal, open deal, connected, "
    "chance, verkaufschance, opportunite, oportunidad",
    "customer": "customer, client, won, closed won, active, kunde, kundin, bestandskunde, cliente, gewonnen, gagne",
    "churned": "churned, lost, former customer, former, inactive, closed lost, cancelled, canceled, ehemalig, "
    "ehemaliger kunde, verloren, perdu, ancien client, perdido, inactivo",
}
STATUS_OF: Final[dict[str, str]] = {
    word.strip(): status for status, words in _STATUSES.items() for word in words.split(",")
}


def normalise(name: str, *, whole: bool = False) -> str:
    """A header as plain words: "Téléphone (mobile)" and "telephone_mobile" become "telephone mobile".

    What exports put before every column ("Person - Email", "Lead Status") is left out unless `whole`.
    """
    text = re.sub(r"(?<=[a-zäöüß])(?=[A-Z])", " ", name)  # firstName
    text = unicodedata.normalize("NFKD", text.replace("ß", "ss").lower())
    text = "".join(char for char in text if not unicodedata.combining(char))
    words = " ".join(re.findall(r"[a-z0-9]+", text))
    return words if whole else re.sub(r"^(?:person|kontakt|contact|lead|primary contact) (?=\w)", "", words)


FIELD_OF: Final[dict[str, str]] = {
    normalise(name): field for field, names in _NAMES.items() for name in names.split(",")
}
