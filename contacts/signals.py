"""What contacts tells the apps above, after commit."""

from django.dispatch import Signal

contact_created = Signal()
"""Contacts were made: `tenant_id` (text) and `contact_ids` (list of text, one or a batch of an import).

Sent after commit; a lost signal is harmless, receivers only enqueue and a periodic task looks again.
"""

contact_purging = Signal()
"""Contacts are about to be erased for good, inside the transaction: `contacts` (a list), `actor`.

Receivers keep what must outlive it (a hashed do-not-call entry) and promise the removal of files.
"""
