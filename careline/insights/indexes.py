"""Indexes from which alone the figures of Today are read, without the rows: for a million conversations.

They lie on tables of lower floors and serve nothing but these figures. So they are kept here, and made at
every start where they are missing: SQLite forgets them when a migration writes such a table anew.
"""

from __future__ import annotations

from django.db import connection

UNSOLVED = "\"category\" IN ('new', 'open', 'waiting', 'hold')"
# name: table, columns, which rows
INDEXES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "insights_standing": (
        "tickets_ticket",
        ("team_id", "assignee_id", "merged_into_id", "category", "waiting_since", "due_at", "breached_at"),
        UNSOLVED,
    ),
    "insights_opened": ("tickets_ticket", ("opened_at", "merged_into_id", "team_id", "assignee_id"), ""),
    "insights_solved": (
        "tickets_ticket",
        ("solved_at", "merged_into_id", "team_id", "assignee_id", "category"),
        '"solved_at" IS NOT NULL',
    ),
    "insights_kept": (
        "sla_clock",
        ("metric", "outcome", "stopped_at", "ticket_id"),
        '"target_s" IS NOT NULL',
    ),
    "insights_broken": (
        "sla_clock",
        ("metric", "breached_at", "outcome", "ticket_id"),
        '"breached_at" IS NOT NULL AND "target_s" IS NOT NULL',
    ),
    "insights_failed": ("channels_outgoing", ("state", "id"), ""),
}


def ensure() -> None:
    """Make the indexes that are missing."""
    missing = INDEXES.keys() - _known()
    with connection.cursor() as cursor:
        for name in sorted(missing):
            cursor.execute(_statement(name, *INDEXES[name]))


def _known() -> set[str]:
    where = "pg_indexes" if connection.vendor == "postgresql" else "sqlite_master"
    column = "indexname" if connection.vendor == "postgresql" else "name"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {where} WHERE {column} LIKE 'insights_%%'", [])
        return {row[0] for row in cursor.fetchall()}


def _statement(name: str, table: str, columns: tuple[str, ...], rows: str) -> str:
    quote = connection.ops.quote_name
    listed = ", ".join(quote(column) for column in columns)
    only = f" WHERE {rows}" if rows else ""
    return f"CREATE INDEX IF NOT EXISTS {quote(name)} ON {quote(table)} ({listed}){only}"
