"""PostgreSQL and Redis of one checkout, for a machine that was given neither.

Both run as daemons that outlive the command which started them, listen on Unix sockets only, and keep
their data in the data folder. Nothing here imports Django, so settings may call it; finding servers that
run costs a few milliseconds. `python -m crm.embedded start|stop|status|psql` handles them by hand.
"""

from crm.embedded.hold import holding
from crm.embedded.place import EmbeddedError, data_dir, forget, record, running
from crm.embedded.servers import Urls, ensure_postgres, ensure_redis, is_running, revive, stop

__all__ = [
    "EmbeddedError",
    "Urls",
    "data_dir",
    "ensure_postgres",
    "ensure_redis",
    "forget",
    "holding",
    "is_running",
    "record",
    "revive",
    "running",
    "stop",
]
