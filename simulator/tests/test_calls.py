import pytest

from simulator.outcomes import plan_call
from simulator.tests.conftest import wait_until

ENDINGS = [
    ("00", "busy", None),
    ("09", "busy", None),
    ("10", "no_answer", None),
    ("19", "no_answer", None),
    ("20", "voicemail", "voicemail"),
    ("29", "voicemail", "voicemail"),
    ("30", "rejected", None),
    ("39", "rejected", None),
    ("40", "invalid_number", None),
    ("49", "invalid_number", None),
    ("50", "opt_out", "human"),
    ("59", "opt_out", "human"),
    ("60", "completed", "human"),
    ("69", "completed", "human"),
    ("70", "completed", "human"),
    ("99", "completed", "human"),
]


def test_fictional_numbers_always_end_by_their_last_two_digits(phone):
    calls = [phone.request_call(f"+121255501{digits}", digits).json()["id"] for digits, _, _ in ENDINGS]
    ended = [phone.wait_for_end(call) for call in calls]
    assert [(c["reference"], c["outcome"], c["answered_by"]) for c in ended] == ENDINGS


def test_people_who_hang_up_do_so_within_five_seconds_and_talkers_talk(phone):
    hung_up = phone.wait_for_end(phone.request_call("+12125550164").json()["id"])
    talked = phone.wait_for_end(phone.request_call("+12125550188", "ref-2").json()["id"])
    assert hung_up["duration_seconds"] <= 5
    assert talked["duration_seconds"] >= 20
    assert talked["transcript"][-1]["at"] <= talked["duration_seconds"]


def test_a_person_who_opts_out_says_so(phone):
    call = phone.wait_for_end(phone.request_call("+12125550155").json()["id"])
    said = " ".join(m["content"] for m in call["transcript"] if m["role"] == "person").lower()
    assert call["disposition"] == "do_not_call"
    assert any(words in said for words in ("call me again", "calling this number"))


def test_a_call_is_reported_step_by_step(phone, receiver):
    call = phone.request_call("+12125550177", metadata={"campaign": "spring"}).json()
    events = wait_until(lambda: len(receiver.events()) == 4 and receiver.events())
    assert [e["type"] for e in events] == ["call.ringing", "call.answered", "call.ended", "recording.ready"]
    assert [e["sequence"] for e in events] == [1, 2, 3, 4]
    assert len({e["id"] for e in events}) == 4
    assert {e["call_id"] for e in events} == {call["id"]}
    assert {e["metadata"]["campaign"] for e in events} == {"spring"}
    assert events[1]["answered_by"] == "human"
    assert events[2]["outcome"] == "completed"
    assert events[2]["cost"].count(".") == 1
    assert len(events[2]["cost"].split(".")[1]) == 4
    assert events[2]["duration_seconds"] == events[3]["duration"]


def test_the_agent_opens_with_the_sentence_of_the_request(phone):
    first = "Hi Dana, I'm Ava, an AI assistant calling for Northwind. This call is recorded."
    call = phone.wait_for_end(phone.request_call("+12125550170", first_sentence=first).json()["id"])
    assert next(m["content"] for m in call["transcript"] if m["role"] == "agent") == first


def test_no_conversation_lasts_longer_than_it_may(phone):
    call = phone.request_call("+12125550171", max_duration_seconds=12).json()
    assert phone.wait_for_end(call["id"])["duration_seconds"] <= 12


def test_a_message_is_left_only_when_there_is_one(phone):
    silent = phone.wait_for_end(phone.request_call("+12125550122").json()["id"])
    spoken = phone.wait_for_end(
        phone.request_call("+12125550122", "ref-2", voicemail_message="Please ring us back.").json()["id"]
    )
    assert [m["role"] for m in silent["transcript"]] == ["person"]
    assert spoken["transcript"][1] | {"at": 0} == {
        "role": "agent",
        "content": "Please ring us back.",
        "at": 0,
    }


def test_hanging_up_while_it_rings_cancels(start):
    phone = start(speed=1.0)
    call = phone.request_call("+12125550177").json()
    assert phone.post(f"/v1/calls/{call['id']}/hangup").json()["outcome"] == "cancelled"
    assert phone.post(f"/v1/calls/{call['id']}/hangup").status_code == 200


def test_hanging_up_during_a_talk_keeps_what_was_said(start):
    phone = start(speed=200.0)
    call = phone.request_call("+12125550177").json()
    wait_until(lambda: phone.get(f"/v1/calls/{call['id']}").json()["status"] == "in_progress")
    phone.put("/v1/speed", json={"speed": 5})
    wait_until(lambda: phone.get(f"/v1/calls/{call['id']}").json()["transcript"])
    ended = phone.post(f"/v1/calls/{call['id']}/hangup").json()
    assert ended["outcome"] == "completed"
    assert ended["transcript"]
    assert all(m["at"] <= ended["duration_seconds"] + 1 for m in ended["transcript"])


def test_a_new_speed_moves_calls_under_way(start):
    phone = start(speed=0.01)
    call = phone.request_call("+12125550100").json()
    phone.put("/v1/speed", json={"speed": 1000})
    assert phone.wait_for_end(call["id"], 3)["outcome"] == "busy"


def test_the_same_seed_gives_the_same_calls(start):
    runs = []
    for phone in (start(seed="7"), start(seed="7"), start(seed="8")):
        ids = [phone.request_call(f"+4420794601{n:02d}", str(n)).json()["id"] for n in range(30)]
        runs.append([(c["outcome"], c["summary"], c["transcript"]) for c in map(phone.wait_for_end, ids)])
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_other_numbers_end_in_the_usual_shares():
    plans = [
        plan_call(seed="1", number=f"+1312867{n:04d}", attempt=1, ring_timeout=25, max_duration=300)
        for n in range(5000)
    ]
    shares = {
        "human": sum(p.answered_by == "human" for p in plans) / 5000,
        **{o: sum(p.outcome == o for p in plans) / 5000 for o in ("voicemail", "no_answer", "busy", "failed")},
    }
    expected = {"human": 0.35, "voicemail": 0.25, "no_answer": 0.25, "busy": 0.10, "failed": 0.05}
    assert shares == pytest.approx(expected, abs=0.02)


def test_the_log_tells_when_each_line_was_taken(phone):
    call = phone.wait_for_end(phone.request_call("+12125550177", "ref-9").json()["id"])
    (entry,) = phone.get("/log").json()["calls"]
    assert entry["id"] == call["id"]
    assert entry["reference"] == "ref-9"
    assert entry["placed_at"] < entry["ringing_at"] < entry["answered_at"] < entry["ended_at"]


def test_two_requests_with_one_reference_are_two_calls(phone):
    phone.request_call("+12125550177", "twice")
    phone.request_call("+12125550177", "twice")
    assert len(phone.get("/v1/calls", params={"reference": "twice"}).json()["calls"]) == 2


def test_a_restarted_network_gives_no_call_the_id_of_an_earlier_one(start):
    ids = [start().request_call("+12125550177").json()["id"] for _ in range(2)]
    assert len(set(ids)) == 2
