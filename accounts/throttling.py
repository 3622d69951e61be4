"""Rate limits per identity."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core import rates
from core.network_address import client_address


class IdentityThrottle(BaseThrottle):
    """`API_RATE` per person or key; anonymous callers share one by address."""

    _wait = 0

    def allow_request(self, request: Request, view: Any) -> bool:
        who = getattr(request.user, "id", None) or client_address(request)
        self._wait = rates.hit(f"api:{who}", settings.API_RATE)
        return self._wait == 0

    def wait(self) -> float:
        return float(self._wait)
