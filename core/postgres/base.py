"""The database wrapper Django loads for `ENGINE = "core.postgres"`."""

from django.db.backends.postgresql import base

from core import scope


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL wrapper that carries the open tenant scope into each transaction it begins."""

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if not autocommit:
            scope.apply_to(self)
