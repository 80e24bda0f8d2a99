"""Leafing through long lists by the last row seen, never by counting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
SIZE = 50


@dataclass(frozen=True)
class Shelf(Generic[Row]):
    """Rows in the order of one expression; ties go by id."""

    rows: QuerySet[Row]
    key: Any
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the ids to leaf on from (None: nothing there)."""

    rows: list[Row]
    before: int | None
    after: int | None


def leaf(
    shelves: Sequence[Shelf[Row]], *, after: int | None = None, before: int | None = None, size: int = SIZE
) -> Page[Row]:
    """Return the rows behind `after`, or those ahead of `before`, of shelves that stand one after the other.

    A mark that is no longer there begins at the first page.
    """
    backwards = before is not None and after is None
    mark = before if backwards else after
    found = _walk(shelves, mark, backwards=backwards, most=size + 1)
    if found is None:
        return leaf(shelves, size=size)
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
        return Page(rows, rows[0].pk if more else None, rows[-1].pk if rows else None)
    return Page(rows, rows[0].pk if mark and rows else None, rows[-1].pk if more else None)


def _walk(shelves: Sequence[Shelf[Row]], mark: int | None, *, backwards: bool, most: int) -> list[Row] | None:
    found: list[Row] = []
    reached = mark is None
    for shelf in reversed(shelves) if backwards else shelves:
        upwards = shelf.descending == backwards
        rows = shelf.rows.alias(shelf_key=shelf.key)
        if not reached:
            at = list(rows.filter(pk=mark).values_list(shelf.key, flat=True)[:1])
            if not at:
                continue
            reached = True
            rows = rows.filter(_beyond(at[0], mark, upwards=upwards))
        signs = ("shelf_key", "pk") if upwards else ("-shelf_key", "-pk")
        found += rows.order_by(*signs)[: most - len(found)]
        if len(found) >= most:
            break
    return found if reached else None


def _beyond(value: Any, mark: int | None, *, upwards: bool) -> Q:
    # The first condition lets an index find the place, the second settles equal values.
    if upwards:
        return Q(shelf_key__gte=value) & (Q(shelf_key__gt=value) | Q(pk__gt=mark))
    return Q(shelf_key__lte=value) & (Q(shelf_key__lt=value) | Q(pk__lt=mark))
