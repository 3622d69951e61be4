import pytest

from simulator.config import ConfigError, Faults, read_settings


def test_a_key_is_required_everywhere_but_for_health(phone):
    phone.headers["authorization"] = "Bearer wrong"
    assert phone.get("/v1/voices").status_code == 401
    assert phone.get("/log").status_code == 401
    assert phone.request_call("+12125550177").json()["error"]["code"] == "auth"
    assert phone.get("/healthz").json()["status"] == "ok"


@pytest.mark.parametrize("number", ["", "12125550177", "+1", "+1212555017x", "+0212555017", "+1234567890123456"])
def test_a_number_that_is_no_number_is_refused(phone, number):
    answer = phone.request_call(number)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_number"
    assert phone.get("/log").json()["calls"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"reference": ""},
        {"reference": 5},
        {"callback_url": ""},
        {"callback_url": "http://example.com/hook"},
        {"callback_url": "file:///etc/passwd"},
        {"metadata": []},
        {"max_duration_seconds": 0},
        {"ring_timeout_seconds": True},
    ],
)
def test_a_request_that_makes_no_sense_is_refused(phone, fields):
    answer = phone.request_call("+12125550177", **fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b"\xff"])
def test_a_body_that_is_no_object_is_refused(phone, body):
    assert phone.post("/v1/calls", content=body).json()["error"]["code"] == "parse_error"


def test_unknown_addresses_and_methods_are_told_apart(phone):
    assert phone.get("/v1/nothing").status_code == 404
    assert phone.get("/v1/calls/SIM0").status_code == 404
    assert phone.get("/v1/recordings/REC0").status_code == 404
    answer = phone.delete("/v1/voices")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_calls_are_found_by_reference_or_not_at_all(phone):
    call = phone.request_call("+12125550177", "mine").json()
    found = phone.get("/v1/calls", params={"reference": "mine"}).json()["calls"]
    assert [c["id"] for c in found] == [call["id"]]
    assert phone.get("/v1/calls", params={"reference": "other"}).json()["calls"] == []
    assert phone.get("/v1/calls").status_code == 400


def test_more_calls_than_the_rate_are_told_to_wait(start):
    phone = start(calls_per_second=5.0)
    answers = [phone.request_call("+12125550177", str(n)) for n in range(8)]
    assert [a.status_code for a in answers[:5]] == [201] * 5
    assert {a.status_code for a in answers[5:]} == {429}
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert len(phone.get("/log").json()["calls"]) == 5


def test_voices_and_account_are_listed(phone):
    assert {"id", "name", "language"} <= set(phone.get("/v1/voices").json()["voices"][0])
    assert phone.get("/v1/account").json()["name"] == "Simulated phone network"


def test_settings_come_from_the_environment():
    settings = read_settings(
        {
            "SIMULATOR_PORT": "4010",
            "SIMULATOR_SPEED": "25",
            "SIMULATOR_FAULTS": '{"http_429": 0.04}',
            "SIMULATOR_CALLBACK_HOSTS": "web, 10.0.0.5",
            "PUBLIC_BASE_URL": "https://crm.example:8443",
        }
    )
    assert (settings.port, settings.speed, settings.faults) == (4010, 25.0, Faults(http_429=0.04))
    assert {"web", "10.0.0.5", "127.0.0.1", "crm.example"} <= settings.callback_hosts


@pytest.mark.parametrize(
    "environ",
    [
        {"SIMULATOR_PORT": "x"},
        {"SIMULATOR_SPEED": "0"},
        {"SIMULATOR_SPEED": "fast"},
        {"SIMULATOR_FAULTS": "{"},
        {"SIMULATOR_FAULTS": "[]"},
        {"SIMULATOR_FAULTS": '{"http_429": 2}'},
        {"SIMULATOR_FAULTS": '{"gremlins": 0.1}'},
    ],
)
def test_settings_that_cannot_be_used_are_named(environ):
    with pytest.raises(ConfigError):
        read_settings(environ)
