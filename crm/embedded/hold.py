"""Hold the embedded servers while something uses them; whoever lets go last stops them."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from crm.embedded.place import make_data_dir
from crm.embedded.servers import stop


@contextlib.contextmanager
def holding(data: Path) -> Iterator[None]:
    """Keep the embedded servers of `data` for the duration, then stop them unless another holder remains.

    The kernel drops the hold of a killed process, so a crash never keeps servers from being stopped later.
    """
    make_data_dir(data)
    with (data / "embedded.hold").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop(data)
