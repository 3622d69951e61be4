"""`manage.py up`: everything on one machine, from an empty folder to a page that answers."""

import contextlib
import http.client
import io
import os
import shutil
import signal
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections

from crm import demo, embedded
from crm.processes import leftovers, static_files
from crm.processes.keeper import Keeper
from crm.processes.plan import Plan, make_plan, programs
from crm.processes.supervisor import Supervisor


class Command(BaseCommand):
    """Migrate, load the demo once, then run web, workers, beat and the simulated phone network."""

    help = "Run everything on this machine: database, Redis, web, workers, beat and the simulated phone network."
    requires_system_checks: list[str] = []  # they ask the database, which is not migrated yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the flags."""
        parser.add_argument("--no-demo", action="store_true", help="do not load the demo workspace")

    def handle(self, *, no_demo: bool, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM; both end with exit code 0."""
        data = settings.DATA_DIR
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with leftovers.sole(data) as is_sole:
            if not is_sole:
                raise CommandError(f"it already runs from this folder: {embedded.running('public_base_url')}")
            leftovers.end(data)
            with embedded.holding(data), contextlib.suppress(KeyboardInterrupt):
                embedded.revive(data)  # another `up` that was just ending may have stopped them
                try:
                    plan = make_plan(data, settings.SECRET_KEY)
                except ValueError as error:
                    raise CommandError(str(error)) from error
                self._prepare(plan, no_demo)
                self._run(plan)
        self.stdout.write("Everything is stopped.")

    def _prepare(self, plan: Plan, no_demo: bool) -> None:
        self.stdout.write("Bringing the database up to date …")
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        static_files.collect_if_changed(settings.STATIC_ROOT)
        call_command("check", databases=["default"], stdout=io.StringIO())  # raises on an error
        if not no_demo and not demo.exists():
            # In a process of its own: what the demo keeps about the phone network is told by the environment.
            command = [sys.executable, "manage.py", "demo"]
            done = subprocess.run(command, env=os.environ | plan.environment, cwd=settings.BASE_DIR, check=False)  # noqa: S603
            if done.returncode:
                raise CommandError("the demo could not be loaded, see above; --no-demo starts without it")
        for connection in connections.all(initialized_only=True):
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()

    def _run(self, plan: Plan) -> None:
        data = settings.DATA_DIR
        values = {name.lower(): value for name, value in plan.environment.items() if name in RECORDED}
        shutil.rmtree(data / "metrics", ignore_errors=True)
        (data / "metrics").mkdir()
        supervisor = Supervisor(programs(plan, data), sys.stdout)
        embedded.record(data, **values)
        try:
            with Keeper(data, self.stdout.write):
                supervisor.run(lambda: self._welcome(plan), lambda: answers(plan))
        finally:
            self.stdout.write("Stopping …")
            supervisor.stop()
            embedded.forget(data)

    def _welcome(self, plan: Plan) -> None:
        lines = ["", f"  {settings.BRAND} is ready:  {plan.environment['PUBLIC_BASE_URL']}", ""]
        if demo.exists():
            lines += [
                "  Log in as",
                *(f"    {role:<8}  {email}  {password}" for role, email, password in demo.LOGINS),
                "",
            ]
            connections.close_all()
        self.stdout.write("\n".join([*lines, "  Ctrl-C stops everything.", ""]))


RECORDED = {"PORT", "PUBLIC_BASE_URL", "SIMULATOR_URL", "SIMULATOR_KEY", "SIMULATOR_SECRET"}


def answers(plan: Plan) -> bool:
    """Tell whether the web server answers its health page."""
    connection = http.client.HTTPConnection(plan.host, plan.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()
