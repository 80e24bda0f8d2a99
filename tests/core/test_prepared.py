"""Statements that are kept answer as query sets do, whatever they are asked in turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from careline.core import prepared
from careline.core.models import Event, File, Heartbeat, Setting

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

files_of: prepared.Prepared[File] = prepared.Prepared(
    lambda hashes: File.objects.filter(sha256__in=hashes).order_by("pk")
)
since: prepared.Prepared[tuple[Any, ...]] = prepared.Prepared(
    lambda kind, at: (
        Event.objects.filter(kind=kind, at__gte=at).order_by("at").values_list("subject_id", "at", "data")
    )
)


def a_file(name: str) -> File:
    return prepared.insert(File(sha256=name * 64, size=1, created_at=NOON))


def an_event(number: int, at: datetime, **data: Any) -> Event:
    return prepared.insert(
        Event(kind="box.opened", subject_kind="box", subject_id=number, at=at, actor=None, data=data)
    )


def test_a_new_row_gets_its_number_and_reads_back_as_it_was_written() -> None:
    event = an_event(7, NOON, words=["a", "ü"], count=2)
    found = Event.objects.get(pk=event.pk)
    assert (found.subject_id, found.at, found.data) == (7, NOON, {"words": ["a", "ü"], "count": 2})
    assert found.origin == "live"
    assert not event._state.adding


def test_rows_whose_key_is_given_are_written_under_it() -> None:
    prepared.insert(Setting(key="colour", value="red"))
    assert Setting.objects.get(pk="colour").value == "red"


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_lists_of_any_length_find_exactly_what_they_name(count: int) -> None:
    made = [a_file(name) for name in "abcdef"]
    wanted = [row.sha256 for row in made[:count]]
    assert files_of(wanted) == made[:count]
    assert files_of(wanted[:1]) == made[:1]


def test_the_same_statement_answers_other_values_and_reads_times_and_data() -> None:
    for hour in range(3):
        an_event(hour, NOON + timedelta(hours=hour), hour=hour)
    assert since("box.opened", NOON + timedelta(hours=1)) == [
        (1, NOON + timedelta(hours=1), {"hour": 1}),
        (2, NOON + timedelta(hours=2), {"hour": 2}),
    ]
    assert since("box.opened", NOON + timedelta(hours=3)) == []
    assert since.first("box.opened", NOON) == (0, NOON, {"hour": 0})


def test_rows_that_are_there_already_are_left_out_where_that_is_asked() -> None:
    first = a_file("a")
    more = [File(sha256=name * 64, size=9, created_at=NOON) for name in "ab"]
    prepared.insert_all(more, ignore_conflicts=True)
    assert list(File.objects.order_by("sha256").values_list("sha256", "size")) == [
        (first.sha256, 1),
        ("b" * 64, 9),
    ]


def test_a_row_that_is_there_already_is_refused_otherwise() -> None:
    a_file("a")
    with pytest.raises(IntegrityError), transaction.atomic():
        a_file("a")


def test_only_the_named_fields_are_written() -> None:
    row = prepared.insert(Heartbeat(part="mail", at=NOON, data={"seen": 1}))
    row.at, row.data = NOON + timedelta(minutes=1), {"seen": 2}
    assert prepared.update(row, ["data"]) == 1
    found = Heartbeat.objects.get(pk="mail")
    assert (found.at, found.data) == (NOON, {"seen": 2})


def test_a_row_that_is_gone_is_not_written() -> None:
    assert prepared.update(Heartbeat(part="mail", at=NOON), ["at"]) == 0
