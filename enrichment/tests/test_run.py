"""A run through the waterfall: what is asked, what is taken over, what is paid."""

import datetime as dt

import pytest
from django.utils import timezone

from accounts import ledger
from accounts.models import LedgerAccount
from contacts.services import update_contact
from enrichment import services, waterfall
from enrichment.models import EnrichmentRun, EnrichmentStep, ProviderSetting
from enrichment.providers.base import Answer, Finding, Outcome
from enrichment.services import request_enrichment
from enrichment.tests.conftest import finish, make_contact
from enrichment.timeline import enrichment_events

pytestmark = pytest.mark.django_db
CREDITS = LedgerAccount.Kind.CREDITS


def balance():
    account = ledger.get_account(CREDITS)
    assert ledger.drift() == []
    return account.balance, account.held


def said(*findings, outcome=Outcome.FOUND):
    return Answer(outcome, tuple(Finding(f, v, 0.8, "https://x.example") for f, v in findings))


def outcomes(run):
    return [(s.provider, s.outcome, s.credits) for s in run.steps.all()]


def test_the_simulated_provider_finds_something_for_a_company_domain(scoped):
    contact = make_contact()
    run = finish(request_enrichment(actor=None, contact=contact))
    contact.refresh_from_db()
    assert (run.status, run.credits, run.cached) == ("completed", 2, False)
    assert (contact.first_name, contact.company) == ("Jo", "Blue Ridge")
    assert contact.phone_number.startswith("+1")
    assert contact.enrichment_data["title"]["provider"] == "simulated"
    assert balance() == (98, 0)


def test_a_personal_address_finds_nothing_and_costs_nothing(scoped):
    run = finish(request_enrichment(actor=None, contact=make_contact(email="jo@gmail.com")))
    assert run.status == "completed"
    assert outcomes(run) == [("simulated", "not_found", 0), ("company_domain", "not_found", 0)]
    assert balance() == (100, 0)


def test_asking_again_within_a_week_is_remembered_and_free(scoped):
    contact = make_contact()
    finish(request_enrichment(actor=None, contact=contact))
    again = finish(request_enrichment(actor=None, contact=contact))
    assert (again.status, again.cached, again.credits) == ("completed", True, 0)
    assert balance() == (98, 0)


def test_what_a_person_typed_is_never_overwritten(scoped):
    contact = make_contact(title="Chief Fun Officer")
    finish(request_enrichment(actor=None, contact=contact))
    contact.refresh_from_db()
    assert contact.title == "Chief Fun Officer"
    assert "title" not in contact.enrichment_data


def test_what_a_person_changes_while_the_provider_is_asked_stays(scoped, only):
    (one,) = only("one")
    contact = make_contact()

    def answer():
        update_contact(actor=scoped.agent, contact=contact, title="Typed meanwhile")
        return said(("title", "Found"))

    one.says = answer
    run = finish(request_enrichment(actor=None, contact=contact))
    contact.refresh_from_db()
    assert contact.title == "Typed meanwhile"
    assert (run.credits, balance()) == (0, (100, 0))


def test_a_later_provider_does_not_overwrite_an_earlier_ones_find(scoped, only):
    one, two = only("one", "two")
    one.says, two.says = said(("title", "First")), said(("title", "Second"), ("company", "Acme"))
    contact = make_contact()
    run = finish(request_enrichment(actor=None, contact=contact))
    contact.refresh_from_db()
    assert (contact.title, contact.company) == ("First", "Acme")
    assert outcomes(run) == [("one", "found", 5), ("two", "found", 5)]


def test_the_waterfall_stops_when_everything_is_filled(scoped, only):
    one, two = only("one", "two")
    one.says = said(("title", "CEO"), ("company", "Acme"), ("phone_number", "+12125550123"))
    run = finish(request_enrichment(actor=None, contact=make_contact()))
    assert outcomes(run) == [("one", "found", 5), ("two", "skipped", 0)]
    assert two.asked == 0


@pytest.mark.parametrize("outcome", [Outcome.THROTTLED, Outcome.AUTH, Outcome.OUT_OF_CREDITS, Outcome.ERROR])
def test_a_failing_provider_costs_nothing_and_does_not_stop_the_next(scoped, only, outcome):
    one, two = only("one", "two")
    one.says, two.says = Answer(outcome), said(("title", "CEO"))
    run = finish(request_enrichment(actor=None, contact=make_contact()))
    assert outcomes(run) == [("one", outcome.value, 0), ("two", "found", 5)]
    assert (run.status, balance()) == ("completed", (95, 0))


def test_an_adapter_that_breaks_costs_nothing_and_does_not_stop_the_next(scoped, only):
    one, two = only("one", "two")
    two.says = said(("title", "CEO"))

    def broken():
        raise KeyError("data")

    one.says = broken
    run = finish(request_enrichment(actor=None, contact=make_contact()))
    assert outcomes(run) == [("one", "error", 0), ("two", "found", 5)]


def test_a_run_in_which_nobody_answered_has_failed(scoped, only):
    (one,) = only("one")
    one.says = Answer(Outcome.ERROR)
    run = finish(request_enrichment(actor=None, contact=make_contact()))
    assert (run.status, run.error) == ("failed", "No provider could be reached.")


def test_five_failures_in_a_row_let_a_provider_rest(scoped, only):
    (one,) = only("one")
    one.says = Answer(Outcome.ERROR)
    for n in range(7):
        finish(request_enrichment(actor=None, contact=make_contact(email=f"p{n}@acme.example")))
    assert one.asked == 5
    ProviderSetting.objects.update(paused_until=timezone.now() - dt.timedelta(seconds=1))
    one.says = said(("title", "CEO"))
    finish(request_enrichment(actor=None, contact=make_contact(email="p8@acme.example")))
    assert ProviderSetting.objects.get().failures == 0


def test_a_refused_key_lets_a_provider_rest_at_once(scoped, only):
    (one,) = only("one")
    one.says = Answer(Outcome.AUTH)
    for n in range(2):
        finish(request_enrichment(actor=None, contact=make_contact(email=f"p{n}@acme.example")))
    assert one.asked == 1


def test_a_refusal_by_law_erases_what_the_provider_gave_and_is_never_asked_again(scoped, only):
    (one,) = only("one")
    one.says = said(("title", "CEO"))
    contact = make_contact()
    finish(request_enrichment(actor=None, contact=contact))
    from enrichment.models import CachedAnswer

    CachedAnswer.objects.all().delete()
    one.says = Answer(Outcome.REFUSED_LEGAL)
    finish(request_enrichment(actor=None, contact=contact))
    contact.refresh_from_db()
    assert (contact.title, contact.enrichment_data) == ("", {})
    assert not any(s.fields for s in EnrichmentStep.objects.all())
    finish(request_enrichment(actor=None, contact=contact))
    assert one.asked == 2


def test_credits_that_run_out_skip_the_paid_steps(scoped, only):
    one, two = only("one", "two")
    one.says, two.says = said(("title", "CEO")), said(("company", "Acme"))
    ledger.spend(kind=CREDITS, amount=93, key="most")
    run = finish(request_enrichment(actor=None, contact=make_contact()))
    assert outcomes(run) == [("one", "found", 5), ("two", "skipped", 0)]
    assert balance() == (2, 0)


def test_a_worker_that_dies_while_asking_is_replaced_and_nothing_is_paid_twice(scoped, only):
    (one,) = only("one")
    one.says = said(("title", "CEO"))
    run = request_enrichment(actor=None, contact=make_contact())
    (dead,) = waterfall.claim(run_id=run.pk)
    question = waterfall.advance(*dead)
    assert balance() == (100, 5)
    assert waterfall.claim(run_id=run.pk) == []
    EnrichmentRun.objects.update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    finish(run)
    assert (run.status, run.credits, run.interruptions) == ("completed", 5, 1)
    assert balance() == (95, 0)
    # The one thought dead comes back with its answer: nobody listens.
    assert waterfall.advance(*dead, (question.step_id, said(("title", "Late")))) is None
    assert balance() == (95, 0)


def test_a_contact_deleted_meanwhile_ends_the_run_and_frees_the_hold(scoped, only):
    (one,) = only("one")
    contact = make_contact()

    def answer():
        contact.deleted_at = timezone.now()
        contact.save(update_fields=["deleted_at"])
        return said(("title", "CEO"))

    one.says = answer
    run = finish(request_enrichment(actor=None, contact=contact))
    assert (run.status, run.error) == ("failed", "The contact is gone.")
    assert balance() == (100, 0)


def test_a_dead_number_is_replaced_by_the_next_one(scoped):
    contact = make_contact()
    finish(request_enrichment(actor=None, contact=contact))
    contact.refresh_from_db()
    dead = contact.phone_number
    run = finish(services.enrich_for_number(contact=contact, dead_number=dead, reference="lead-1"))
    contact.refresh_from_db()
    assert run.status == "completed"
    assert contact.phone_number not in (dead, None)
    assert contact.enrichment_data["dead_numbers"] == [dead]
    assert services.enrich_for_number(contact=contact, dead_number=dead).pk == run.pk
    newest, *_ = enrichment_events(contact, timezone.now(), 5)
    assert (newest.title, newest.body) == ("Another number found by Simulated", f"{dead} is dead.")


def test_a_dead_number_spends_no_more_than_its_budget(scoped, only):
    (one,) = only("one")
    contact = make_contact(phone_number="+12125550100")
    run = finish(services.enrich_for_number(contact=contact, dead_number="+12125550100", most_credits=4))
    assert (one.asked, run.credits) == (0, 0)


def test_undo_sets_back_what_was_written_and_not_what_was_typed_since(scoped):
    contact = make_contact()
    run = finish(request_enrichment(actor=None, contact=contact))
    update_contact(actor=scoped.agent, contact=contact, title="Typed")
    back, left = services.undo_enrichment(actor=scoped.agent, run=run)
    contact.refresh_from_db()
    assert (contact.title, contact.company, contact.phone_number) == ("Typed", "", None)
    assert (back, left) == (9, 1)
    with pytest.raises(services.NothingToUndo):
        services.undo_enrichment(actor=scoped.agent, run=run)


def test_a_month_budget_stops_paid_steps(scoped, only):
    from enrichment.choices import get_policy

    (one,) = only("one")
    one.says = said(("title", "CEO"))
    policy = get_policy()
    policy.monthly_budget = 7
    policy.save()
    runs = [finish(request_enrichment(actor=None, contact=make_contact(email=f"p{n}@acme.example"))) for n in range(2)]
    assert [r.credits for r in runs] == [5, 0]
    assert "budget" in runs[1].steps.get().detail
