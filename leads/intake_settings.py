"""The public form's settings: reading, changing, and whose turn it is."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.models import User
from core.scope import current_tenant_id
from leads.models import IntakeSettings


def get_intake_settings() -> IntakeSettings:
    """The workspace's row, made with its defaults when there is none yet."""
    row: IntakeSettings | None = IntakeSettings.objects.first()
    if row is None:
        IntakeSettings.objects.bulk_create([IntakeSettings()], ignore_conflicts=True)
        row = IntakeSettings.objects.get()
    return row


_FORM = """
    SELECT s.*, t.name AS business, CASE WHEN cardinality(t.notification_emails) > 0 THEN t.notification_emails
        ELSE ARRAY(SELECT email FROM accounts_user u WHERE u.tenant_id = t.id AND u.role = 'admin' AND u.is_active)
        END AS team
    FROM leads_intakesettings s JOIN accounts_tenant t ON t.id = s.tenant_id WHERE s.tenant_id = %s
"""


@dataclass(frozen=True)
class OpenForm:
    """What a submission needs to know: the form, the workspace's name, and who is told about new leads."""

    settings: IntakeSettings
    business: str
    team: list[str]


def open_form() -> OpenForm:
    """Read it in one statement. The team are the addresses in the settings, else the admins."""
    for row in IntakeSettings.objects.raw(_FORM, [current_tenant_id()]):
        return OpenForm(row, row.business, row.team)
    get_intake_settings()
    return open_form()


@transaction.atomic
def update_intake_settings(*, actor: Any, changes: dict[str, Any]) -> IntakeSettings:
    """Change the form; new consent wording gets a new version, so that each consent names what was agreed to."""
    get_intake_settings()
    row: IntakeSettings = IntakeSettings.objects.select_for_update(of=("self",)).get()
    if changes.get("consent_wording", row.consent_wording) != row.consent_wording:
        row.consent_version += 1
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    audit.record(actor=actor, action="intake_settings.updated", record=row, fields=sorted(changes))
    row.refresh_from_db()
    return row


def next_assignee() -> User | None:
    """Whose turn it is: the active colleague after the last one who got a lead. Locks the settings row."""
    row: IntakeSettings | None = IntakeSettings.objects.select_for_update(of=("self",)).first()
    if row is None or row.assignment != IntakeSettings.Assignment.ROUND_ROBIN:
        return None
    people = {u.pk: u for u in User.objects.filter(pk__in=row.assignee_ids, is_active=True)}
    turns: list[uuid.UUID] = [i for i in row.assignee_ids if i in people]
    if not turns:
        return None
    last = row.assignee_ids.index(row.last_assignee_id) if row.last_assignee_id in row.assignee_ids else -1
    after = row.assignee_ids[last + 1 :] + row.assignee_ids[: last + 1]
    chosen = next(i for i in after if i in people)
    IntakeSettings.objects.filter(pk=row.pk).update(last_assignee_id=chosen)
    return people[chosen]
