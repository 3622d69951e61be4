"""Data folders for tests of the embedded servers."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crm import embedded


@pytest.fixture
def make_folder() -> Iterator[Callable[[], Path]]:
    """Make data folders that anyone may walk to, and stop what runs in them."""
    made: list[Path] = []

    def make() -> Path:
        parent = Path(tempfile.mkdtemp(prefix="sb-test-"))
        parent.chmod(0o755)
        made.append(parent)
        return parent / "data"

    yield make
    for parent in made:
        embedded.stop(parent / "data")
        shutil.rmtree(parent)


@pytest.fixture
def data(make_folder: Callable[[], Path]) -> Path:
    return make_folder()
