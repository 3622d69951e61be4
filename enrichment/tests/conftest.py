"""What tests of enrichment share: contacts, a provider whose answers the test decides, and a worker's turn."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from contacts.models import Contact
from enrichment import waterfall
from enrichment.providers import PROVIDERS
from enrichment.providers.base import Answer, Context, Outcome, Provider, Query


class Scripted(Provider):
    """Answers what the test says, and counts how often it was asked."""

    label = "Scripted"
    about = "For tests."
    fields = ("title", "company", "phone_number")
    cost_credits = 5
    on_at_first = True
    needs_key = takes_key = False

    def __init__(self, name: str, position: int) -> None:
        self.name, self.position = name, position  # type: ignore[misc]
        self.asked = 0
        self.says: Answer | Callable[[], Answer] = Answer(Outcome.NOT_FOUND)

    def parts(self, query: Query) -> Mapping[str, str] | None:
        return {"email": query.email} if query.email else None

    def ask(self, parts: Mapping[str, str], context: Context) -> Answer:
        self.asked += 1
        return self.says() if callable(self.says) else self.says


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Scripted]]:
    """Replace the waterfall by scripted providers of these names."""

    def replace(*names: str) -> list[Scripted]:
        scripted = [Scripted(name, 10 * n) for n, name in enumerate(names, 1)]
        for name in list(PROVIDERS):
            monkeypatch.delitem(PROVIDERS, name)
        for provider in scripted:
            monkeypatch.setitem(PROVIDERS, provider.name, provider)
        return scripted

    return replace


def make_contact(**values: Any) -> Contact:
    """An active contact of the open scope."""
    contact = Contact.objects.create(**{"email": "jo.li@blue-ridge.example", **values})
    contact.refresh_from_db()
    return contact


def finish(run: Any) -> Any:
    """A worker's turn on one run; returns it as it stands afterwards."""
    for claimed in waterfall.claim(run_id=run.pk):
        waterfall.work(*claimed)
    run.refresh_from_db()
    return run
