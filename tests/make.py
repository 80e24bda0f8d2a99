"""Plain makers of rows. Every argument has a default; tests pass only what they are about."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from careline.core.access import PERMISSIONS
from careline.core.actions.roles import make_default_roles
from careline.core.models import Brand, Role, Team, User
from careline.customers.models import Address, Person
from careline.sla import actions as sla
from careline.sla.models import Calendar, Policy
from careline.tickets import actions as tickets
from careline.tickets.models import Category, Reason, Status, Ticket
from careline.tickets.said import NewMessage, Opening

MONDAY_9 = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)  # 09:00 in Riga
_number = count(1)


def make_role(*permissions: str, name: str = "", **grants: str) -> Role:
    """A role that grants these permissions to all work; "tickets.see:team" limits one."""
    number = next(_number)
    wanted = grants | {one.partition(":")[0]: one.partition(":")[2] or "all" for one in permissions}
    unknown = set(wanted) - set(PERMISSIONS)
    assert not unknown, f"no such permission: {unknown}"
    return Role.objects.create(key=f"role-{number}", name=name or f"Role {number}", grants=wanted)


def make_user(*permissions: str, name: str = "Ben Okafor", email: str = "", **over: Any) -> User:
    """Somebody who has joined and holds these permissions ("tickets.see", "tickets.see:own")."""
    email = email or f"user{next(_number)}@careline.example"
    fields = {"email": email, "name": name, "joined_at": MONDAY_9, **over}
    user = User.objects.create(**fields)
    if permissions:
        user.roles.add(make_role(*permissions))
    return user


def make_admin(name: str = "Ida Holm", **over: Any) -> User:
    """An administrator; the roles that come with Careline exist after it."""
    user = make_user(name=name, **over)
    user.roles.add(make_default_roles()["admin"])
    return user


def make_team(*people: User, name: str = "", lead: User | None = None, **over: Any) -> Team:
    """A team of these people."""
    team = Team.objects.create(name=name or f"Team {next(_number)}", **over)
    for user in people:
        user.memberships.create(team=team, lead=user == lead)
    if lead and lead not in people:
        lead.memberships.create(team=team, lead=True)
    return team


def make_brand(name: str = "Lumen", **over: Any) -> Brand:
    """A name under which customers know us."""
    return Brand.objects.create(**{"name": name, "token": name, **over})


def make_person(name: str = "Ada Lund", email: str = "", **over: Any) -> Person:
    """A customer with one e-mail address."""
    person = Person.objects.create(**{"name": name, "created_at": MONDAY_9, **over})
    value = email or f"customer{next(_number)}@example.org"
    Address.objects.create(person=person, kind="email", value=value.lower(), primary=True)
    return person


def make_ticket(
    subject: str = "Broken lamp",
    text: str = "It does not shine.",
    *,
    customer: Person | None = None,
    actor: User | None = None,
    now: datetime = MONDAY_9,
    automatic: str = "none",
    **opening: Any,
) -> Ticket:
    """A conversation opened by its customer with one message; without text, with none."""
    customer = customer or make_person()
    first = NewMessage(text=text, person=customer, automatic=automatic) if text else None
    return tickets.open_ticket(
        subject=subject, customer=customer, first=first, opening=Opening(**opening), actor=actor, now=now
    )


def make_status(category: Category | str = Category.OPEN, name: str = "", **over: Any) -> Status:
    """The default status of a category; with a name, one more of it."""
    found = tickets.make_default_statuses()[str(category)]
    if not name:
        return found
    return Status.objects.create(**{"name": name, "category": category, "position": 9, **over})


def make_reason(name: str = "Late", *, parent: Reason | None = None, **over: Any) -> Reason:
    """One contact reason, under another one if that is given."""
    path = f"{parent.path} / {name}" if parent else name
    return Reason.objects.create(**{"name": name, "parent": parent, "path": path, **over})


OFFICE_WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def make_calendar(name: str = "", **hours: Any) -> Calendar:
    """Opening hours from Monday to Friday, 09:00 to 17:00 UTC."""
    given = {"name": name or f"Hours {next(_number)}", "zone": "UTC", "week": OFFICE_WEEK, **hours}
    return sla.save_calendar(calendar=None, actor=None, now=MONDAY_9, **given)


def make_policy(
    name: str = "", *, calendar: Calendar | None = None, now: datetime = MONDAY_9, **promise: Any
) -> Policy:
    """A promise to everybody: first reply in 2 h, next reply in 4 h, solution in 16 h of office time.

    `targets` may give seconds for all priorities at once: {"first_reply": 3600}.
    """
    wanted = promise.pop("targets", {"first_reply": 7_200, "next_reply": 14_400, "resolution": 57_600})
    targets = {
        metric: dict.fromkeys("1234", seconds) if isinstance(seconds, int) else seconds
        for metric, seconds in wanted.items()
    }
    said = sla.Promise(
        name=name or f"Policy {next(_number)}",
        calendar=calendar or make_calendar(),
        targets=targets,
        **promise,
    )
    return sla.save_policy(policy=None, promise=said, actor=None, now=now)
