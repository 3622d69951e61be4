from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from simulator.tests.conftest import wait_until


def outcomes_of(phone, count):
    return [phone.request_call("+12125550100", f"r{n}").status_code for n in range(count)]


def placed(phone):
    return len(phone.get("/log").json()["calls"])


def test_429_places_nothing(start):
    phone = start(faults={"http_429": 1.0})
    answer = phone.request_call("+12125550177")
    assert (answer.status_code, answer.headers["retry-after"], placed(phone)) == (429, "1", 0)


def test_500_before_places_nothing(start):
    phone = start(faults={"http_5xx_before": 1.0})
    assert (phone.request_call("+12125550177").status_code, placed(phone)) == (500, 0)


def test_500_after_places_a_call_that_can_be_found_by_reference(start):
    phone = start(faults={"http_5xx_after": 1.0})
    assert phone.request_call("+12125550177", "lost").status_code == 500
    (call,) = phone.get("/v1/calls", params={"reference": "lost"}).json()["calls"]
    assert phone.wait_for_end(call["id"])["outcome"] == "completed"


def test_a_held_answer_places_a_call_that_can_be_found_by_reference(start):
    phone = start(faults={"timeout_after": 1.0}, hold_seconds=3.0)
    with pytest.raises(httpx.ReadTimeout):
        phone.post(
            "/v1/calls",
            json={
                "to": "+12125550177",
                "from": "+12125550100",
                "reference": "x",
                "callback_url": phone.receiver_url,
            },
            timeout=0.3,
        )
    assert len(phone.get("/v1/calls", params={"reference": "x"}).json()["calls"]) == 1


def test_faults_come_at_their_rates_and_by_the_seed(start):
    rates = {"http_429": 0.1, "http_5xx_before": 0.1, "http_5xx_after": 0.1}
    phone = start(faults=rates, seed="3")
    first = outcomes_of(phone, 300)
    assert first.count(429) == pytest.approx(30, abs=15)
    assert first.count(500) == pytest.approx(300 * 0.9 * 0.19, abs=20)
    assert 300 * 0.81 - 30 < placed(phone) < 300 * 0.81 + 30
    assert outcomes_of(start(faults=rates, seed="3"), 300) == first


def test_a_second_try_of_one_reference_is_a_new_draw(start):
    phone = start(faults={"http_429": 0.5})
    assert {phone.request_call("+12125550100", "same").status_code for _ in range(20)} == {201, 429}


def test_rates_can_be_changed_while_it_runs(phone):
    assert phone.put("/v1/faults", json={"http_429": 1.0}).json()["http_429"] == 1.0
    assert phone.request_call("+12125550177").status_code == 429
    assert phone.put("/v1/faults", json={}).json()["http_429"] == 0.0
    assert phone.request_call("+12125550177").status_code == 201
    assert phone.put("/v1/faults", json={"http_429": 7}).status_code == 400


def test_three_hundred_calls_at_once_all_end_and_are_all_reported(start, receiver):
    phone = start(speed=100.0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: phone.request_call(f"+1212555017{n % 10}", str(n)), range(300)))
    assert [answer.status_code for answer in answers] == [201] * 300
    for answer in answers:
        phone.wait_for_end(answer.json()["id"], 15)
    ended = lambda: {e["reference"] for e in receiver.events() if e["type"] == "call.ended"}  # noqa: E731
    wait_until(lambda: len(ended()) == 300, 20)
