"""The page of one change of many records: how far it is, what came of it, and the way back."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@dataclass(frozen=True, slots=True)
class BulkPage:
    """What the page shows. `undo` is where its button posts to; empty when there is no way back now."""

    words: str
    noun: str
    back: str
    address: str
    status: str
    total: int
    done: int
    steps: int
    result: str
    undo: str = ""

    @property
    def moving(self) -> bool:
        """Whether it goes on at this moment."""
        return self.status in ("running", "undoing")


def show_bulk(request: HttpRequest, page: BulkPage) -> HttpResponse:
    """The page; for a script that asks for the moving part, that part alone, and at its end a word to load anew."""
    inner = bool(request.headers.get("HX-Request"))
    name = "contacts/bulk_progress.html" if inner else "contacts/bulk_detail.html"
    response = render(request, name, {"page": page})
    if inner and not page.moving:
        response["HX-Refresh"] = "true"
    return response
