"""Referral figures over the API."""

from dataclasses import asdict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiMixin
from core.filtering import BadParameter, check_parameters
from network.api import whole_number
from network.serializers import LeaderboardSerializer, ViralStatsSerializer
from network.statistics import PERIODS, leaderboard, viral_stats

_PERIOD = OpenApiParameter("period", {"type": "string", "enum": list(PERIODS), "default": "30d"})
_LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 10})


def _period(request: Request) -> str:
    period = request.query_params.get("period", "30d")
    if period not in PERIODS:
        raise BadParameter(f"period is one of {', '.join(PERIODS)}.", "invalid_choice")
    return period


class ViralStatsView(ApiMixin):
    """What referrals bring."""

    @extend_schema(operation_id="viral_stats", parameters=[_PERIOD], responses=ViralStatsSerializer)
    def get(self, request: Request) -> Response:
        """Referrals made in the period, how many converted, by how many people, and the same by day (UTC)."""
        check_parameters(request, ("period",))
        return Response(viral_stats(period=_period(request)))


class LeaderboardView(ApiMixin):
    """Who refers most."""

    @extend_schema(operation_id="viral_leaderboard", parameters=[_PERIOD, _LIMIT], responses=LeaderboardSerializer)
    def get(self, request: Request) -> Response:
        """Referrers by number of referrals; equal numbers share a rank."""
        check_parameters(request, ("period", "limit"))
        period, limit = _period(request), whole_number(request, "limit", 10, 1, 100)
        standings, total = leaderboard(period=period, limit=limit)
        return Response(
            {
                "period": period,
                "items": [asdict(standing) for standing in standings],
                "page": 1,
                "page_size": limit,
                "total": total,
                "total_is_exact": True,
                "next_cursor": None,
            }
        )
