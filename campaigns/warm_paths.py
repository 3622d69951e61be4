"""Warm before cold: leads whom a customer of ours can introduce wait for that introduction."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from campaigns.models import Campaign, CampaignLead
from contacts.models import Contact
from core.scope import current_tenant_id
from network.introductions import request_introduction
from network.models import Introduction
from network.paths import WARM_STRENGTH

PATIENCE: Final = timedelta(days=14)
"""How long a call waits for a connector who was willing to make the introduction."""

_TIES = """
SELECT from_contact_id AS near, strength FROM network_relationship
  WHERE tenant_id = %(tenant)s AND to_contact_id = {far} AND strength >= %(least)s
UNION ALL SELECT to_contact_id, strength FROM network_relationship
  WHERE tenant_id = %(tenant)s AND from_contact_id = {far} AND strength >= %(least)s AND mutual
"""
_CONNECTORS = f"""
WITH one AS (
  SELECT target.id AS target, tie.near, tie.strength FROM unnest(%(contacts)s::uuid[]) AS target(id)
    CROSS JOIN LATERAL ({_TIES.format(far="target.id")}) AS tie
    JOIN contacts_contact c ON c.tenant_id = %(tenant)s AND c.id = tie.near AND c.deleted_at IS NULL
), two AS (
  SELECT one.target, tie.near, one.strength * tie.strength AS strength FROM one
    CROSS JOIN LATERAL ({_TIES.format(far="one.near")}) AS tie
    WHERE tie.near <> one.target AND one.strength * tie.strength >= %(least)s
)
SELECT DISTINCT ON (warm.target) warm.target, warm.near
  FROM (SELECT *, 1 AS hops FROM one UNION ALL SELECT *, 2 FROM two) AS warm
  JOIN contacts_contact c ON c.tenant_id = %(tenant)s AND c.id = warm.near
  WHERE c.deleted_at IS NULL AND c.status = %(customer)s
  ORDER BY warm.target, warm.hops, warm.strength DESC, warm.near
"""  # noqa: S608 - constant texts


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a call waits: a connector is to be asked (`connector`), was asked, or has made the introduction (`made`)."""

    connector: uuid.UUID | None = None
    made: bool = False


def connectors_of(contact_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Who could introduce us to these contacts, for those we know warmly; one query.

    A connector is a customer within two hops whose path to the contact has a strength of 0.6 or more, the
    nearest first, then the strongest.
    """
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "contacts": list(contact_ids),
        "least": WARM_STRENGTH,
        "customer": Contact.Status.CUSTOMER,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTORS, values)
        return dict(cursor.fetchall())


def held_leads(campaign: Campaign, leads: Sequence[CampaignLead], now: datetime) -> dict[uuid.UUID, Hold]:
    """Leads that are not called because of an introduction; two queries.

    Only leads never called, in campaigns that want it. One whose introduction was declined, ran out, or was
    promised long ago and never made is called cold.
    """
    fresh = [lead for lead in leads if not lead.attempts] if campaign.warm_path_hold else []
    if not fresh:
        return {}
    asked = _asked([lead.contact_id for lead in fresh], now)
    connectors = connectors_of({lead.contact_id for lead in fresh} - asked.keys())
    found = {lead.pk: asked.get(lead.contact_id) or _to_ask(connectors.get(lead.contact_id)) for lead in fresh}
    return {pk: hold for pk, hold in found.items() if hold}


def _to_ask(connector: uuid.UUID | None) -> Hold | None:
    return Hold(connector) if connector else None


def _asked(contact_ids: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, Hold | None]:
    """Contacts whose introduction was asked for: how the last request holds their call, or None when not any more."""
    rows = Introduction.objects.filter(to_contact_id__in=contact_ids).order_by("created_at")
    return {
        contact_id: _hold_of(status, answered_at, now)
        for contact_id, status, answered_at in rows.values_list("to_contact_id", "status", "answered_at")
    }


def _hold_of(status: str, answered_at: datetime | None, now: datetime) -> Hold | None:
    if status == Introduction.Status.COMPLETED:
        return Hold(made=True)
    if status == Introduction.Status.ACCEPTED:
        return Hold() if answered_at is None or answered_at > now - PATIENCE else None
    return Hold() if status == Introduction.Status.REQUESTED else None


def ask_connectors(*, campaign: Campaign, wanted: Iterable[tuple[CampaignLead, uuid.UUID]]) -> None:
    """Ask each connector for the introduction, once per person, in the name of whoever made the campaign."""
    actor: Any = campaign.created_by
    for contact_id, connector in {lead.contact_id: connector for lead, connector in wanted}.items():
        request_introduction(
            actor=actor,
            to_contact_id=contact_id,
            via_contact_id=connector,
            message=f"We would like to talk about: {campaign.description or campaign.name}",
        )
