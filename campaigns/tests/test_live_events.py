"""The live page's stream of server-sent events."""

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.http import Http404
from django.test import RequestFactory

from campaigns import live_events
from campaigns.models import Campaign
from campaigns.running import pause_campaign
from core.problems import NotFound
from core.scope import tenant_context

pytestmark = pytest.mark.django_db


def test_a_change_is_drawn_and_the_end_ends_the_stream(make_campaign, make_lead, scoped, monkeypatch):
    monkeypatch.setattr(live_events, "_PAUSE", 0.01)
    monkeypatch.setattr(live_events, "_QUIET", 0.05)
    campaign = make_campaign(status="running")
    make_lead(campaign)

    async def watch():
        seen = []
        async for event in live_events._events(scoped.id, campaign.pk):
            seen.append(event.split("\n")[0].removeprefix("event: "))
            if len(seen) == 1:
                await sync_to_async(pause_campaign)(actor=scoped.manager, campaign=campaign)
            if len(seen) == 3:
                await sync_to_async(Campaign.objects.filter(pk=campaign.pk).update)(status="stopped")
            assert "data: " in event
        return seen

    seen = async_to_sync(watch)()
    assert seen[:3] == ["figures", "figures", "moved"]
    assert seen[-2:] == ["figures", "moved"]


def test_another_workspace_cannot_watch(make_campaign, stranger):
    campaign = make_campaign(status="running")
    with tenant_context(stranger.id), pytest.raises((NotFound, Http404)):
        async_to_sync(live_events.campaign_events)(RequestFactory().get("/"), pk=campaign.pk)
