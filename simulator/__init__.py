"""A phone network that exists only on this machine.

It is a process of its own that speaks the same kind of API as a real provider: calls are asked for over
HTTP, walk through ringing, talking and ending, and are reported by signed webhooks. It imports nothing of
Django and nothing of the rest of the product, so that the product cannot lean on it.
"""
