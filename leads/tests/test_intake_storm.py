"""Eight clients at the public form at once: the small copy of `python -m bench.intake`."""

import asyncio

import pytest

from bench.intake import storm
from conftest import Workspace
from core.models import Email
from leads.models import Lead, Submission


@pytest.mark.django_db(transaction=True)
def test_a_storm_of_submissions_loses_none_and_breaks_nothing(live_server, settings):
    settings.INTAKE_RATE_PER_FORM_AND_ADDRESS = settings.INTAKE_RATE_PER_ADDRESS = "100000/min"
    workspace = Workspace("Northwind")
    seen = asyncio.run(storm(live_server.url, workspace.form_key, submissions=40, bad=0.1))
    good = seen.answers[True, 201]
    assert seen.answers == {(True, 201): good, (False, 400): 40 - good}
    assert 0 < good < 40
    with workspace.scope():
        assert {str(pk) for pk in Lead.objects.values_list("pk", flat=True)} == seen.receipts
        assert Lead.objects.values("email").distinct().count() == good
        assert Submission.objects.filter(consent=True).count() == good
        assert Email.objects.count() == 2 * good
