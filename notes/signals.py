"""What notes tell others, after the commit."""

from django.dispatch import Signal

colleagues_mentioned = Signal()
