"""The file that comes with a lead: judged by its content, stored under a generated name."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage

from core import file_store
from core.files import RefusedFile, check_free_space, extension_of, judge_file
from core.problems import DomainError


class ResumeRefused(DomainError):
    """The file is empty, too large, not what its name says, or there is no room for it."""

    title = "The file was not taken."

    def __init__(self, refusal: RefusedFile) -> None:
        self.code, self.status = refusal.code, refusal.status
        super().__init__(refusal.detail, errors=[{"field": "resume", "code": refusal.code, "detail": refusal.detail}])


def store_resume(upload: Any) -> tuple[str, str]:
    """Judge and store an upload; return (stored name, name to show). Raises ResumeRefused."""
    try:
        extension = extension_of(upload.name)
        if isinstance(default_storage, FileSystemStorage):
            check_free_space(Path(settings.MEDIA_ROOT))
        judge_file(upload, extension=extension)
    except RefusedFile as refusal:
        raise ResumeRefused(refusal) from None
    return (
        file_store.keep(content=upload, room="resumes", extension=extension),
        file_store.display_name(upload.name),
    )


@contextlib.contextmanager
def stored(upload: Any) -> Iterator[dict[str, Any]]:
    """Store an upload while a block writes the rows that name it: a block that fails leaves no file behind.

    Gives the fields of the lead; both are empty without an upload. Raises ResumeRefused.
    """
    name, shown = store_resume(upload) if upload is not None else ("", "")
    try:
        yield {"resume": name, "resume_name": shown}
    except BaseException:
        if name:
            file_store.forget(name)
        raise
