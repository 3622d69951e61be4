"""What the shell around every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html: brand and the navigation of the signed-in person."""
    return {"brand": settings.BRAND, "nav": [], "favourites": []}
