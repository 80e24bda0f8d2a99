"""Counting rows by quarter of an hour in the database; whatever the time zone, its hours begin at one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, Count, Func, QuerySet

STEP = timedelta(minutes=15)
_STEP_S = int(STEP.total_seconds())


class Quarter(Func):
    """The number of an instant's quarter of an hour since 1970."""

    output_field = BigIntegerField()
    template = f"CAST(FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / {_STEP_S}) AS BIGINT)"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Say it in SQLite, where instants are text in UTC."""
        template = f"CAST(strftime('%%%%s', %(expressions)s) AS INTEGER) / {_STEP_S}"
        return self.as_sql(compiler, connection, template=template, **extra)


def count_by_quarter(rows: QuerySet[Any], column: str) -> dict[datetime, int]:
    """Return how many rows there are in each quarter of an hour, by when that begins."""
    found = rows.order_by().values_list(Quarter(column)).annotate(count=Count("pk"))
    return {datetime.fromtimestamp(number * _STEP_S, UTC): count for number, count in found}
