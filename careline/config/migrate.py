"""Bringing the database up to date; a blink when it is."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

ADVISORY_LOCK = 7_361_904_221


def pending() -> list[str]:
    """Return the migrations that have not been applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def up_to_date() -> int:
    """Apply what is missing, make the rows every operation needs; return how many steps were missing."""
    with _alone():
        missing = pending()
        if missing:
            call_command("migrate", verbosity=0, interactive=False)
        if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
            call_command("createcachetable", verbosity=0)
        if find_spec("careline.config.seed"):
            import_module("careline.config.seed").ensure()
    return len(missing)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time do this: by a file on this machine, by the server's lock between machines."""
    with open(settings.VAR / "migrate.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK])
        try:
            yield
        finally:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_unlock(%s)", [ADVISORY_LOCK])
