"""The indexes of the figures are there, however often they are asked for."""

from __future__ import annotations

import pytest
from django.db import connection

from careline.config import seed
from careline.insights import indexes

pytestmark = pytest.mark.django_db


def made() -> set[str]:
    tables = {table for table, _columns, _rows in indexes.INDEXES.values()}
    with connection.cursor() as cursor:
        return {name for table in tables for name in connection.introspection.get_constraints(cursor, table)}


def test_every_start_makes_what_is_missing() -> None:
    assert not indexes.INDEXES.keys() & made()
    seed.ensure()
    assert indexes.INDEXES.keys() <= made()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX insights_opened")
    seed.ensure()
    assert indexes.INDEXES.keys() <= made()
