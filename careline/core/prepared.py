"""Statements that are built once and asked again: for paths that run for every mail.

Django builds the text of a query anew each time, which takes several times as long as running a small one.
Here a query set is built once, with slots in the places of its values. What comes back is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import DateTimeField, Expression, Field, JSONField, Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators

Row = TypeVar("Row")
_populators_of: Any = get_related_populators
_Many = (list, tuple)
_PLAIN = frozenset((int, str, float, bool, type(None)))  # values every driver takes as they are


class Slot(Expression):
    """Stands in a query set for a value that is given later."""

    def __init__(self, place: tuple[int, int]) -> None:
        super().__init__(output_field=Field())
        self.place = place  # which argument, and which of its values

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        """Leave a hole in the statement, and itself among the parameters."""
        return "%s", [self]


@dataclass(frozen=True)
class _Plan:
    """One statement, and how its rows are read."""

    sql: str
    params: tuple[Any, ...]
    converters: Any
    model: Any
    names: tuple[str, ...]
    start: int
    populators: Any
    annotations: dict[str, int]


class Prepared(Generic[Row]):
    """A query set with its values left open; a list counts as one value, and stands where `in` is asked.

    A query for chosen columns (`values_list`) gives tuples. No value may be None, and no list empty. A list
    is filled up with its last value to the next power of two, so that there are few statements to keep.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self._build = build
        self._plans: WeakKeyDictionary[Any, dict[tuple[int, ...], _Plan]] = WeakKeyDictionary()

    def __call__(self, *values: Any) -> list[Row]:
        """Return the rows for these values."""
        plan = self._plan(values)
        with connection.cursor() as cursor:
            cursor.execute(plan.sql, [_value(one, values) for one in plan.params])
            rows = cursor.fetchall()
        return [_made(plan, row) for row in rows]

    def first(self, *values: Any) -> Row | None:
        """Return the first row, or None; what is built should ask for no more than it needs."""
        return next(iter(self(*values)), None)

    def _plan(self, values: tuple[Any, ...]) -> _Plan:
        shape = tuple(1 << (len(one) - 1).bit_length() if isinstance(one, _Many) else -1 for one in values)
        plans = self._plans.setdefault(connections[DEFAULT_DB_ALIAS], {})
        if shape not in plans:
            plans[shape] = _planned(self._build(*(_slots(place, size) for place, size in enumerate(shape))))
        return plans[shape]


def _slots(place: int, size: int) -> Slot | list[Slot]:
    return Slot((place, 0)) if size < 0 else [Slot((place, number)) for number in range(size)]


def _planned(rows: QuerySet[Any, Any]) -> _Plan:
    compiler: Any = rows.query.get_compiler(using=rows.db)
    sql, params = compiler.as_sql()
    converters = compiler.get_converters([one[0] for one in compiler.select[: compiler.col_count]])
    about = compiler.klass_info
    if not issubclass(rows._iterable_class, ModelIterable):
        return _Plan(sql, tuple(params), converters, None, (), 0, (), {})
    start, end = about["select_fields"][0], about["select_fields"][-1] + 1
    names = tuple(one[0].target.attname for one in compiler.select[start:end])
    populators = _populators_of(about, compiler.select, rows.db)
    annotations = dict(compiler.annotation_col_map or {})
    return _Plan(sql, tuple(params), converters, about["model"], names, start, populators, annotations)


def _value(param: Any, values: tuple[Any, ...]) -> Any:
    if not isinstance(param, Slot):
        return param
    argument, number = param.place
    given = values[argument]
    return _adapted(given[min(number, len(given) - 1)] if isinstance(given, _Many) else given)


def _adapted(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.pk if isinstance(value, Model) else value


def _made(plan: _Plan, row: Sequence[Any]) -> Any:
    if plan.converters:
        row = list(row)
        for place, (convert, expression) in plan.converters.items():
            for one in convert:
                row[place] = one(row[place], expression, connection)
    if plan.model is None:
        return tuple(row)
    made = plan.model.from_db(connection.alias, plan.names, row[plan.start : plan.start + len(plan.names)])
    for populator in plan.populators:
        populator.populate(row, made)
    for name, place in plan.annotations.items():
        setattr(made, name, row[place])
    return made


Thing = TypeVar("Thing", bound=Model)
_inserts: dict[tuple[type[Model], int, bool, bool], str] = {}
_updates: dict[tuple[type[Model], tuple[str, ...]], str] = {}


def insert(row: Thing) -> Thing:
    """Write a new row and return it with its number, as `create` would."""
    insert_all([row])
    return row


def insert_all(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """Write new rows of one table at once; where those that conflict are left out, none gets its number."""
    if not rows:
        return
    table = type(rows[0])
    given = not table._meta.pk.auto_created if table._meta.pk else True
    key = (table, len(rows), given, ignore_conflicts)
    if key not in _inserts:
        _inserts[key] = _insert_text(*key)
    fields = _columns(table, given)
    with connection.cursor() as cursor:
        cursor.execute(_inserts[key], [_kept(field, row) for row in rows for field in fields])
        numbers = [] if given or ignore_conflicts else cursor.fetchall()
    for row, number in zip(rows, numbers, strict=False):
        row.pk = number[0]
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def _insert_text(table: type[Model], count: int, given: bool, ignore: bool) -> str:
    quote, columns = connection.ops.quote_name, _columns(table, given)
    names = ", ".join(quote(str(field.column)) for field in columns)
    holes = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * count)
    after = " ON CONFLICT DO NOTHING" if ignore else ""
    if not given and not ignore:
        after += f" RETURNING {quote(str(table._meta.pk.column))}"
    return f"INSERT INTO {quote(table._meta.db_table)} ({names}) VALUES {holes}{after}"


def _columns(table: type[Model], given: bool) -> list[Field[Any, Any]]:
    return [field for field in table._meta.concrete_fields if given or not field.primary_key]


def _kept(field: Field[Any, Any], row: Model) -> Any:
    value = row.__dict__[field.attname]
    if type(value) in _PLAIN and not isinstance(field, JSONField):
        return value
    if type(value) is datetime and value.tzinfo is not None and isinstance(field, DateTimeField):
        return connection.ops.adapt_datetimefield_value(value)
    return field.get_db_prep_save(value, connection)


def update(row: Model, names: Iterable[str]) -> int:
    """Write the named fields of a row, as `save(update_fields=...)` would; return how many rows were met."""
    key = (type(row), tuple(names))
    if key not in _updates:
        _updates[key] = _update_text(*key)
    fields: list[Any] = [row._meta.get_field(name) for name in key[1]]
    with connection.cursor() as cursor:
        cursor.execute(_updates[key], [*(_kept(field, row) for field in fields), row.pk])
        return int(cursor.rowcount)


def _update_text(table: type[Model], names: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    columns: list[Any] = [table._meta.get_field(name) for name in names]
    sets = ", ".join(f"{quote(field.column)} = %s" for field in columns)
    key = quote(str(table._meta.pk.column))
    return f"UPDATE {quote(table._meta.db_table)} SET {sets} WHERE {key} = %s"
