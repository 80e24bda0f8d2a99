"""Noticing that another connection has changed the database, at next to no cost."""

from __future__ import annotations

from django.db import connection

SQLITE_PAUSE_S = 0.05  # asking SQLite takes microseconds
SERVER_PAUSE_S = 0.2  # asking PostgreSQL is a query over the network


class Changes:
    """Answers "anything new?" for the thread that asks; PostgreSQL always answers perhaps."""

    def __init__(self) -> None:
        self._sqlite = connection.vendor == "sqlite"
        self._seen: tuple[object, int] | None = None
        self.pause_s = SQLITE_PAUSE_S if self._sqlite else SERVER_PAUSE_S

    def seen(self) -> bool:
        """Say whether the database may have changed since the last question."""
        if not self._sqlite:
            return True
        connection.ensure_connection()
        inner = connection.connection
        # The number means something on one connection only: after a new one, anything may have changed.
        seen = (inner, inner.execute("PRAGMA data_version").fetchone()[0])
        changed, self._seen = seen != self._seen, seen
        return changed
