"""What follows when a lead row goes away, whoever deletes it."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from contacts.signals import contact_purging
from core.file_store import forget_later
from leads.models import Lead


@receiver(post_delete, sender=Lead)
def forget_resume(sender: type[Lead], instance: Lead, **_: Any) -> None:
    """The file goes once the row is gone for good."""
    forget_later(instance.resume)


@receiver(contact_purging)
def forget_resumes_of_contacts(sender: Any, contacts: list[Any], **_: Any) -> None:
    """Purged contacts take their leads along without their rows being deleted one by one."""
    for name in Lead.objects.filter(contact__in=contacts).exclude(resume="").values_list("resume", flat=True):
        forget_later(name)
