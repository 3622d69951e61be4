"""What calls tell the roof, which may speak to both calls and notes."""

from django.dispatch import Signal

call_noted = Signal()
"""Sent with `actor`, `call` and `content` inside the transaction in which someone wrote about a call."""
