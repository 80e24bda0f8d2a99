"""Two people at the same door in the same moment, each with a database connection of their own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from careline.core.models import Event
from careline.customers import actions
from careline.customers.models import Address, Domain, Person
from tests.customers.make import make_organisation, make_person
from tests.make import MONDAY_9

pytestmark = pytest.mark.django_db(transaction=True)


Together = Callable[[int, Callable[[int], Any]], list[Any]]


@pytest.fixture
def together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Together:
    """Do something at the same moment in several threads; give what each got or how it failed."""

    def do(number: int, what: Callable[[int], Any]) -> list[Any]:
        barrier, results = threading.Barrier(number), []

        def one(index: int) -> None:
            barrier.wait()
            try:
                results.append(what(index))
            except Exception as failure:
                results.append(failure)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(index,)) for index in range(number)]
        with database_as_in_earnest(tmp_path / "race.sqlite3", monkeypatch):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return results

    return do


@contextmanager
def database_as_in_earnest(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let new connections use a file: SQLite's memory has other locks, which do not wait for each other."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as file:
        connection.connection.backup(file)
    with monkeypatch.context() as patch:
        patch.setitem(connections.settings["default"], "NAME", str(path))
        yield
    with closing(sqlite3.connect(path)) as file:
        file.backup(connection.connection)


def test_a_stranger_who_writes_twice_at_once_is_one_person(together: Together) -> None:
    def arrive(index: int) -> int:
        return actions.find_or_create_person(address="ada@post.example", now=MONDAY_9).pk

    found = together(4, arrive)
    assert found == [Person.objects.get().pk] * 4
    assert Event.objects.filter(kind="person.created").count() == 1


def test_the_loser_of_the_race_gets_the_winners_person(
    together: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked and found nobody; only then does either of them write."""
    from careline.customers.actions import people

    looked, look = threading.Barrier(2), people.holder_of
    first_look = threading.local()

    def look_together(kind: str, value: str) -> Person | None:
        found = look(kind, value)
        if not getattr(first_look, "done", False):
            first_look.done = True
            looked.wait()
        return found

    monkeypatch.setattr(people, "holder_of", look_together)

    def arrive(index: int) -> int:
        return actions.find_or_create_person(address="ada@post.example", now=MONDAY_9).pk

    found = together(2, arrive)
    assert found == [Person.objects.get().pk] * 2
    assert Event.objects.count() == 1


def test_one_address_given_to_two_people_at_once_goes_to_one_of_them(together: Together) -> None:
    people = [make_person("Ada"), make_person("Bea")]

    def give(index: int) -> Address:
        person = people[index]
        return actions.add_address(
            person=person, kind="email", value="shared@post.example", actor=None, now=MONDAY_9
        )

    results = together(2, give)
    refused = [result for result in results if isinstance(result, actions.AddressIsTaken)]
    assert len(refused) == 1
    assert refused[0].person == Address.objects.get(value="shared@post.example").person


def test_two_addresses_made_primary_at_once_leave_one(together: Together) -> None:
    ada = make_person("Ada", "a@post.example", "b@post.example", "c@post.example")
    others = list(ada.addresses.filter(primary=False))

    def choose(index: int) -> Address:
        return actions.make_primary(address=others[index], actor=None, now=MONDAY_9)

    assert not [result for result in together(2, choose) if isinstance(result, Exception)]
    assert ada.addresses.filter(primary=True).count() == 1


def test_one_domain_mapped_twice_at_once_belongs_to_one(together: Together) -> None:
    organisations = [make_organisation("First"), make_organisation("Second")]

    def claim(index: int) -> Domain:
        return actions.add_domain(
            organisation=organisations[index], name="lamps.example", actor=None, now=MONDAY_9
        )

    refused = [result for result in together(2, claim) if isinstance(result, Exception)]
    assert [type(failure) for failure in refused] == [actions.DomainIsTaken]
    assert refused[0].organisation == Domain.objects.get().organisation
