"""`manage.py demo`: load the demo workspace, once."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from crm import demo


class Command(BaseCommand):
    help = "Load the demo workspace (does nothing when it was loaded before)."

    def handle(self, *args: Any, **options: Any) -> None:
        if demo.exists():
            self.stdout.write("The demo workspace is there.")
            return
        self.stdout.write("Loading the demo workspace …")
        with transaction.atomic():
            for room in demo.load():
                self.stdout.write(f"  {room}")
