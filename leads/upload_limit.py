"""Stops reading an upload once a file is over its limit."""

from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler

from core.file_store import StorageFull
from core.problems import TooLarge

MAX_BYTES = 10 * 1024 * 1024


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Streams files to a temporary place, each to 10 MB; what is over raises TooLarge and is deleted."""

    _received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self._received = 0
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self._received += len(raw_data)
        if self._received > MAX_BYTES:
            self.file.close()
            raise TooLarge("A file has at most 10 MB.")
        try:
            return super().receive_data_chunk(raw_data, start)
        except OSError as error:
            self.file.close()
            raise StorageFull from error
