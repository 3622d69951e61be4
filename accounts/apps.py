"""Workspaces, people, keys, purses, webhooks."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import webhooks  # noqa: F401 - registers the outbox handler
