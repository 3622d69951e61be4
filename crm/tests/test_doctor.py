"""`manage.py doctor` tells what is wrong, in words, and ends with a code."""

import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections

from core.models import Heartbeat
from core.rls import secure_tables
from crm.doctor import Level, examine, services, surroundings
from crm.doctor.findings import ok

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


def test_a_check_that_raises_is_a_failure_and_does_not_end_the_report() -> None:
    def broken() -> Any:
        raise ValueError("no such\n  thing")

    first, second = examine([("one", broken), ("two", lambda: ok("fine"))])
    assert (first.level, first.subject, first.words) == (Level.FAIL, "one", "ValueError: no such thing")
    assert (second.level, second.subject) == (Level.OK, "two")


def test_the_test_database_is_found_sound() -> None:
    checks = [("database", services.database), *services.DATABASE_CHECKS, ("redis", services.redis)]
    failed = [finding for finding in examine(checks) if finding.level is Level.FAIL]
    assert failed == []


def test_a_table_without_its_policy_is_told() -> None:
    wanted = connections["owner"].get_connection_params()
    target = {name: wanted[name] for name in ("dbname", "user", "password", "host", "port") if name in wanted}
    with psycopg.connect(**target, autocommit=True) as owner:
        owner.execute("DROP POLICY tenant ON contacts_contact")
        try:
            finding = services.tenant_wall()
            assert finding.level is Level.FAIL
            assert "contacts_contact" in finding.words
        finally:
            secure_tables(owner)
    assert services.tenant_wall().level is Level.OK


def test_a_role_that_ignores_row_level_security_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "catalogue_problems", lambda _: ["the product connects as x, which ...", "more"])
    finding = services.tenant_wall()
    assert finding.level is Level.FAIL
    assert finding.words.endswith("(and 1 more)")


def test_a_silent_queue_is_a_failure_and_silence_everywhere_a_warning() -> None:
    Heartbeat.objects.all().delete()
    assert services.workers().level is Level.WARN
    with connection.cursor() as cursor:
        for name in services.QUEUES:
            age = "10 minutes" if name == "mail" else "1 second"
            cursor.execute("INSERT INTO core_heartbeat VALUES (%s, now() - %s::interval)", [name, age])
    finding = services.workers()
    assert finding.level is Level.FAIL
    assert finding.words == "no worker takes work from: mail"
    Heartbeat.objects.filter(name="mail").delete()
    assert "mail" in services.workers().words


@pytest.mark.parametrize(
    ("changed", "check", "level", "words"),
    [
        ({"SECRET_KEY": "short"}, surroundings.secret_key, Level.FAIL, "shorter than 32"),
        ({"PUBLIC_BASE_URL": "crm.example.com"}, surroundings.public_address, Level.FAIL, "PUBLIC_BASE_URL is"),
        (
            {"PUBLIC_BASE_URL": "https://crm.example.com"},
            surroundings.public_address,
            Level.FAIL,
            "ALLOWED_HOSTS lacks",
        ),
        (
            {"PUBLIC_BASE_URL": "http://crm.example.com", "ALLOWED_HOSTS": [".example.com"]},
            surroundings.public_address,
            Level.WARN,
            "not encrypted",
        ),
        (
            {"PUBLIC_BASE_URL": "https://crm.example.com", "ALLOWED_HOSTS": ["crm.example.com"]},
            surroundings.public_address,
            Level.OK,
            "https://crm",
        ),
        ({"PUBLIC_BASE_URL": "https://crm.example.com", "DEBUG": True}, surroundings.debug_mode, Level.FAIL, "DEBUG"),
        (
            {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"},
            surroundings.email,
            Level.WARN,
            "sends nothing",
        ),
        ({"SIMULATOR_URL": "http://127.0.0.1:9"}, services.simulator, Level.FAIL, "does not answer"),
        ({"SIMULATOR_URL": ""}, services.simulator, Level.WARN, "not running"),
    ],
)
def test_a_wrong_setting_is_told(settings: Any, changed: dict[str, Any], check: Any, level: Level, words: str) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)
    finding = check()
    assert finding.level is level
    assert words in finding.words
    assert level is Level.OK or finding.remedy


def test_files_are_probed_and_nothing_stays(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert surroundings.file_storage().level is Level.OK
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file"
    (finding,) = examine([("files", surroundings.file_storage)])
    assert finding.level is Level.FAIL


def test_json_carries_every_finding() -> None:
    out = StringIO()
    call_command("doctor", json=True, stdout=out)
    findings = json.loads(out.getvalue())
    assert {"python", "database", "tenant wall", "redis"} <= {finding["subject"] for finding in findings}
    assert set(findings[0]) == {"level", "subject", "words", "remedy"}


def test_a_database_that_does_not_answer_is_told_quickly_with_code_1() -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgresql://somebody@127.0.0.1:1/nothing",
        "DATABASE_OWNER_URL": "postgresql://owner@127.0.0.1:1/nothing",
        "REDIS_URL": settings.REDIS_URL,
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "fail  database" in done.stdout
    assert "correct DATABASE_URL" in done.stdout
    assert "migrations" not in done.stdout
