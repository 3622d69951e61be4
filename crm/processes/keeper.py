"""Keep the embedded servers running while the product does: one that dies is started again."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from crm import embedded


class Keeper:
    """Looks after the embedded servers of a data folder until the block ends; harmless where there are none.

    Works in a thread of its own, because a database that recovers from a crash may take a minute.
    """

    def __init__(self, data: Path, say: Callable[[str], object], *, every: float = 1.0) -> None:
        self.data, self.say, self.every = data, say, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="keeper")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = self.every
        while not self._ended.wait(pause):
            try:
                for name in embedded.revive(self.data):
                    self.say(f"{name} had died; it runs again.")
                pause = self.every
            except Exception as error:  # whatever it was: nobody else would start them again
                pause = min(pause * 2, 30.0)
                self.say(f"{error}\nTrying again in {pause:g} s.")
