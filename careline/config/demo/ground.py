"""Lays the ground the tickets stand on: people, teams, mailboxes, statuses, reasons, promises, customers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password

from careline.channels.models import Mailbox
from careline.config.demo import bulk, company, presence
from careline.config.demo.reasons import TREE
from careline.config.demo.records import NOBODY, Customer, Operation
from careline.config.demo.shifts import free_days
from careline.core.actions.roles import make_default_roles
from careline.core.models import Brand, Membership, Team, User
from careline.customers.models import Address, Domain, Organisation, Person
from careline.sla.models import Calendar, Policy, PolicyVersion
from careline.tickets.models import Category, Message, Reason, Status, Tag, Ticket

PASSWORD = "lumen-hafen-demo"
PERSON_COLUMNS = ("id", "name", "organisation_id", "language", "time_zone", "vip", "created_at")
HOUR = 3_600
AWAY_FROM, AWAY_EVERY = 12, 9  # who takes no new work at the moment
TARGETS = {  # open seconds by priority
    "first_reply": {"1": 16 * HOUR, "2": 8 * HOUR, "3": 4 * HOUR, "4": 2 * HOUR},
    "next_reply": {"1": 16 * HOUR, "2": 10 * HOUR, "3": 6 * HOUR, "4": 3 * HOUR},
    "resolution": {"1": 72 * HOUR, "2": 48 * HOUR, "3": 36 * HOUR, "4": 24 * HOUR},
}
PAUSES = {"next_reply": ["waiting"], "resolution": ["waiting"]}
MAILBOXES = (("Help", "help", "orders"), ("Billing", "billing", "billing"), ("Returns", "returns", "returns"))


class Ground(NamedTuple):
    """Where everything is: rows by the keys of the records, and the first id of each long list."""

    users: list[int]
    teams: dict[str, int]
    statuses: dict[str, int]
    reasons: dict[str, int]
    tags: dict[str, int]
    brand: int
    first_person: int
    first_organisation: int
    first_ticket: int
    first_message: int


def lay(operation: Operation) -> Ground:
    """Write everything but the tickets; the people cannot sign in before `open_doors`."""
    brand = Brand.objects.create(
        name=operation.company, token="Lumen", signature=f"{operation.company} customer care"
    )
    teams = {
        team.key: Team.objects.create(name=team.name, site=team.site, time_zone=team.zone).pk
        for team in operation.teams
    }
    _open_mailboxes(brand, teams)
    _promise(operation)
    firms, people = bulk.next_id(Organisation), bulk.next_id(Person)
    _know_customers(operation, firms=firms, people=people)
    return Ground(
        users=_hire(operation, teams),
        teams=teams,
        statuses=_statuses(),
        reasons=_reasons(),
        tags=_tags(operation),
        brand=brand.pk,
        first_person=people,
        first_organisation=firms,
        first_ticket=bulk.next_id(Ticket),
        first_message=bulk.next_id(Message),
    )


def open_doors(operation: Operation, ground: Ground) -> list[int]:
    """Let the demo's people sign in, and return those one may be, first the one to begin as."""
    User.objects.filter(pk__in=ground.users).update(is_active=True)
    User.objects.filter(pk__in=ground.users[AWAY_FROM::AWAY_EVERY]).update(availability="away")
    presence.note_present(now=operation.now)
    by_name = {person.name: ground.users[person.number] for person in operation.staff}
    return [by_name[name] for name in company.PERSONAS]


def _hire(operation: Operation, teams: dict[str, int]) -> list[int]:
    roles, password = make_default_roles(), make_password(PASSWORD)  # one hash for all: each takes a while
    users = []
    for person in operation.staff:
        joined = datetime.combine(person.joined, time(8), operation.now.tzinfo)
        user = User.objects.create(
            email=person.email,
            name=person.name,
            password=password,
            is_active=False,
            joined_at=min(joined, operation.now),
            time_zone=person.zone,
        )
        user.roles.add(roles[person.role])
        if person.team:
            Membership.objects.create(user=user, team_id=teams[person.team], lead=person.lead)
        users.append(user.pk)
    return users


def _open_mailboxes(brand: Brand, teams: dict[str, int]) -> None:
    for name, local, team in MAILBOXES:
        Mailbox.objects.create(
            name=name,
            address=f"{local}@{company.DOMAIN}",
            brand=brand,
            team_id=teams[team],
            from_name=f"{brand.name} customer care",
            inbound={"kind": "smtp"},
        )


def _promise(operation: Operation) -> None:
    # The usual promise of a desk that has not begun gives way.
    Policy.objects.all().delete()
    Calendar.objects.all().delete()
    years = range(operation.start.year, operation.now.year + 2)
    closed = sorted(day.isoformat() for year in years for day in free_days(company.HAMBURG[0], year))
    calendar = Calendar.objects.create(
        name="Seven days",
        zone="Europe/Berlin",
        week=company.OPEN_WEEK,
        closed=closed,
        country="DE-HH",
        default=True,
    )
    policy = Policy.objects.create(
        name="All customers", position=1, calendar=calendar, targets=TARGETS, pauses=PAUSES
    )
    body = {
        "targets": TARGETS,
        "pauses": PAUSES,
        "calendar": {"zone": calendar.zone, "week": calendar.week, "closed": closed},
        "warn_share": policy.warn_share,
        "reopen_window_s": policy.reopen_window_s,
    }
    PolicyVersion.objects.create(policy=policy, version=1, valid_from=operation.start, body=body)


def _statuses() -> dict[str, int]:
    found = dict(Status.objects.filter(default=True).values_list("category", "pk"))
    for position, category in enumerate(Category):
        if category.value not in found:
            status = Status.objects.create(
                name=str(category.label), category=category, position=position, default=True
            )
            found[category.value] = status.pk
    return found


def _reasons() -> dict[str, int]:
    made = {}
    for place, (name, leaves) in enumerate(TREE.values()):
        branch = Reason.objects.create(name=name, path=name, position=place)
        for position, leaf in enumerate(leaves.values()):
            row = Reason.objects.create(parent=branch, name=leaf, path=f"{name} / {leaf}", position=position)
            made[row.path] = row.pk
    return made


def _tags(operation: Operation) -> dict[str, int]:
    names = {str(fact.value) for story in operation.stories for fact in story.facts if fact.kind == "tagged"}
    return {name: Tag.objects.get_or_create(name=name)[0].pk for name in sorted(names)}


def _know_customers(operation: Operation, *, firms: int, people: int) -> None:
    companies, start = operation.organisations, operation.start
    bulk.insert(
        Organisation,
        ("id", "name", "created_at"),
        ((firms + each.number, each.name, start) for each in companies),
    )
    bulk.insert(
        Domain, ("organisation_id", "name"), ((firms + each.number, each.domain) for each in companies)
    )
    bulk.insert(Person, PERSON_COLUMNS, (_person(buyer, firms, people) for buyer in operation.customers))
    bulk.insert(Address, ("person_id", "kind", "value", "primary"), _addresses(operation, people))


def _person(buyer: Customer, firms: int, people: int) -> tuple[Any, ...]:
    firm = None if buyer.organisation == NOBODY else firms + buyer.organisation
    name = f"{buyer.first} {buyer.last}"
    return (people + buyer.number, name, firm, buyer.language, buyer.zone, buyer.vip, buyer.since)


def _addresses(operation: Operation, people: int) -> Iterator[tuple[int, str, str, bool]]:
    for buyer in operation.customers:
        person = people + buyer.number
        for place, email in enumerate(buyer.emails):
            yield person, "email", email, place == 0
        if buyer.phone:
            yield person, "phone", buyer.phone, True
