"""The uploaded file: kept in the private room while it is needed, read from a local path."""

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from contacts.models import Import
from core import file_store
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


def forget_people(job: Import) -> None:
    """Drop the samples now and the file after commit: an ended import needs neither, and both name people."""
    forget_samples(job)
    file_store.forget_later(job.file)


def forget_samples(job: Import) -> None:
    """Drop the values that were shown as examples of the columns and of a trial, also of its refused rows."""
    options = Import.objects.values_list("options", flat=True).get(pk=job.pk)
    guesses = [{**guess, "samples": []} for guess in options.get("guesses", ())]
    Import.objects.filter(pk=job.pk).update(options={**options, "guesses": guesses, "samples": [], "refusals": []})


def forget_old_drafts(before: dt.datetime) -> int:
    """Remove drafts and trials nobody went on with since a time, with their files; return how many."""
    waiting = Q(status=Import.Status.DRAFT) | Q(status=Import.Status.COMPLETED, dry_run=True)
    with transaction.atomic():
        old = list(Import.objects.filter(waiting, updated_at__lt=before).select_for_update()[:1000])
        for job in old:
            file_store.forget_later(job.file)
        Import.objects.filter(pk__in=[job.pk for job in old]).delete()
    return len(old)
