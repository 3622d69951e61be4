import hashlib
import hmac
import json
import time

from simulator.tests.conftest import SECRET, wait_until


def test_every_webhook_is_signed_over_its_time_and_raw_body(phone, receiver):
    phone.request_call("+12125550177")
    wait_until(lambda: len(receiver.deliveries) == 4)
    for _, headers, body in receiver.deliveries:
        stamp, signature = (part.split("=", 1)[1] for part in headers["X-Simulator-Signature"].split(","))
        expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(signature, expected)
        assert abs(time.time() - int(stamp)) < 5


def test_a_webhook_that_is_not_taken_comes_again(phone, receiver):
    receiver.answers = [503, 500]
    phone.request_call("+12125550100")
    (event,) = wait_until(receiver.events)
    bodies = {json.loads(body)["id"] for _, _, body in receiver.deliveries}
    assert [status for status, _, _ in receiver.deliveries] == [503, 500, 204]
    assert bodies == {event["id"]}


def test_a_webhook_that_is_refused_for_good_does_not_come_again(phone, receiver):
    receiver.answers = [403]
    phone.request_call("+12125550100")
    wait_until(lambda: receiver.deliveries)
    time.sleep(0.4)
    assert len(receiver.deliveries) == 1


def test_events_keep_their_order_when_nothing_is_wrong(phone, receiver):
    for n in range(20):
        phone.request_call(f"+121255501{70 + n}", str(n))
    wait_until(lambda: len(receiver.events()) == 80)
    for n in range(20):
        assert [e["sequence"] for e in receiver.events(str(n))] == [1, 2, 3, 4]


def test_every_webhook_is_doubled_when_asked(start, receiver):
    start(faults={"webhook_double": 1.0}).request_call("+12125550177")
    wait_until(lambda: len(receiver.events()) == 8)
    assert sorted(e["sequence"] for e in receiver.events()) == [1, 1, 2, 2, 3, 3, 4, 4]


def test_no_webhook_comes_when_all_are_lost(start, receiver):
    phone = start(faults={"webhook_lost": 1.0})
    phone.wait_for_end(phone.request_call("+12125550177").json()["id"])
    time.sleep(0.2)
    assert receiver.deliveries == []


def test_webhooks_overtake_each_other_when_asked(start, receiver):
    start(faults={"webhook_reorder": 1.0}).request_call("+12125550177")
    wait_until(lambda: len(receiver.events()) == 4)
    assert [e["sequence"] for e in receiver.events()] == [2, 1, 4, 3]


def test_late_webhooks_come_in_the_end(start, receiver):
    phone = start(faults={"webhook_late": 1.0})
    phone.request_call("+12125550100")
    call = wait_until(lambda: (c := phone.get("/log").json()["calls"][0])["ended_at"] and c)
    wait_until(receiver.events)
    assert time.time() - call["ended_at"] > 30 / 400 * 0.9
