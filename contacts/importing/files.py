"""The uploaded file: kept in the private room, read from a local path."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import default_storage

from core.problems import NotFound


@contextmanager
def local_copy(name: str) -> Iterator[Path]:
    """The stored file as a path: the file itself on a local disk, a temporary copy of a remote one."""
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:
        with tempfile.NamedTemporaryFile() as copy, default_storage.open(name, "rb") as remote:
            for chunk in remote.chunks():
                copy.write(chunk)
            copy.flush()
            yield Path(copy.name)
        return
    if not path.exists():
        raise NotFound("The uploaded file is gone.")
    yield path
