"""Ids for many rows at once, taken as the database itself would, so that others can write meanwhile."""

from __future__ import annotations

from django.db import connection
from django.db.models import Max, Model


def reserve(table: type[Model], count: int) -> list[int]:
    """Return ids that nobody else gets. On SQLite, within a transaction that has the right to write."""
    name = table._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            cursor.execute(sequence, [f'"{name}"', count])
            return sorted(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
        row = cursor.fetchone()
    last = max(row[0] if row else 0, table._default_manager.aggregate(last=Max("pk"))["last"] or 0)
    return list(range(last + 1, last + 1 + count))
