"""What can happen to the list of statuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation

from careline.core import access, events, prepared
from careline.core.models import Event, User
from careline.tickets.models import Category, Status, Ticket


class StatusNameTaken(Exception):
    """Another status is called that, perhaps an archived one."""


class StatusInUse(Exception):
    """Conversations stand in this status; move them to another one first."""


class StatusIsDefault(Exception):
    """This status is taken when only its category is named; make another one the default first."""


class StatusIsArchived(Exception):
    """This status is not offered any more."""


@transaction.atomic
def make_default_statuses() -> dict[str, Status]:
    """Make sure that each category has the status that is taken when only the category is named."""
    found = {status.category: status for status in Status.objects.filter(default=True)}
    for position, category in enumerate(Category):
        if category.value not in found:
            found[category.value] = _default(category, position)
    return found


def _default(category: Category, position: int) -> Status:
    """Promote a status of the category, or make one."""
    name = str(category.label)
    status = (
        Status.objects.filter(category=category, active=True).first()
        or Status.objects.filter(name=name, category=category).first()
    )
    if status:
        status.default, status.active = True, True
        status.save(update_fields=["default", "active"])
        return status
    if Status.objects.filter(name__iexact=name).exists():
        name = f"{name} ({category.value})"
    return Status.objects.create(name=name, category=category, position=position, default=True)


_usual: prepared.Prepared[Status] = prepared.Prepared(
    lambda category: Status.objects.filter(category=category, default=True)[:1]
)


def usual_status(category: str) -> Status:
    """Return the status that is taken when only the category is named; make it when it is missing."""
    return _usual.first(category) or make_default_statuses()[category]


@transaction.atomic
def add_status(*, name: str, category: str, actor: User, now: datetime) -> Status:
    """Add a status at the end of the list.

    Raises
    ------
    StatusNameTaken
        Another status is called that.
    """
    access.require(actor, "setup.fields")
    _refuse_taken(name, other_than=None)
    last = Status.objects.aggregate(last=Max("position"))["last"]
    status = Status(name=name.strip(), category=Category(category), position=(last or 0) + 1)
    try:
        with transaction.atomic():
            status.save(force_insert=True)
    except IntegrityError as error:
        raise StatusNameTaken(name) from error
    _tell(status, actor, now, added={"name": status.name, "category": category})
    return status


@transaction.atomic
def rename_status(*, status: Status, name: str, actor: User, now: datetime) -> Event | None:
    """Call a status something else; what it means stays.

    Raises
    ------
    StatusNameTaken
        Another status is called that.
    """
    access.require(actor, "setup.fields")
    _refuse_taken(name, other_than=status)
    old, new = status.name, name.strip()
    if old == new:
        return None
    status.name = new
    status.save(update_fields=["name"])
    return _tell(status, actor, now, changed={"name": {"old": old, "new": new}})


@transaction.atomic
def speak_statuses(*, language: str, actor: User, now: datetime) -> list[Event]:
    """Call the statuses that came with Careline by their names in a language; what was renamed stays."""
    told = []
    for status in Status.objects.filter(default=True):
        label = Category(status.category).label
        if status.name in {_in(code, label) for code, _name in settings.LANGUAGES}:
            event = rename_status(status=status, name=_in(language, label), actor=actor, now=now)
            told += [event] if event else []
    return told


def _in(language: str, label: object) -> str:
    with translation.override(language):
        return str(label)


@transaction.atomic
def order_statuses(*, ids: Sequence[int], actor: User, now: datetime) -> Event | None:
    """Put the statuses in this order; those that are not named follow in their present order."""
    access.require(actor, "setup.fields")
    rows = list(Status.objects.select_for_update())
    place = {pk: number for number, pk in enumerate(ids)}
    wanted = sorted(rows, key=lambda status: place.get(status.pk, len(place)))
    old, new = [status.pk for status in rows], [status.pk for status in wanted]
    if old == new:
        return None
    for position, status in enumerate(wanted):
        status.position = position
    Status.objects.bulk_update(wanted, ["position"])
    return _tell(wanted[0], actor, now, changed={"order": {"old": old, "new": new}})


@transaction.atomic
def make_default(*, status: Status, actor: User, now: datetime) -> Event | None:
    """Take this status from now on when only its category is named.

    Raises
    ------
    StatusIsArchived
        It is not offered any more.
    """
    access.require(actor, "setup.fields")
    status.refresh_from_db(from_queryset=Status.objects.select_for_update())
    if not status.active:
        raise StatusIsArchived(status.name)
    if status.default:
        return None
    before = Status.objects.select_for_update().filter(category=status.category, default=True)
    old = [one.pk for one in before]
    before.update(default=False)
    status.default = True
    status.save(update_fields=["default"])
    return _tell(status, actor, now, changed={"default": {"old": old[0] if old else None, "new": status.pk}})


@transaction.atomic
def archive_status(*, status: Status, actor: User, now: datetime) -> Event | None:
    """Offer a status no longer; history keeps its name.

    Raises
    ------
    StatusIsDefault
        It is the default of its category.
    StatusInUse
        Conversations stand in it; closed ones do not hinder.
    """
    access.require(actor, "setup.fields")
    status.refresh_from_db(from_queryset=Status.objects.select_for_update())
    if status.default:
        raise StatusIsDefault(status.name)
    if Ticket.objects.filter(status=status).exclude(category=Category.CLOSED).exists():
        raise StatusInUse(status.name)
    return _set_active(status, False, actor, now)


@transaction.atomic
def restore_status(*, status: Status, actor: User, now: datetime) -> Event | None:
    """Offer an archived status again."""
    access.require(actor, "setup.fields")
    return _set_active(status, True, actor, now)


def _set_active(status: Status, active: bool, actor: User, now: datetime) -> Event | None:
    if status.active == active:
        return None
    status.active = active
    status.save(update_fields=["active"])
    return _tell(status, actor, now, changed={"active": {"old": not active, "new": active}})


def _refuse_taken(name: str, *, other_than: Status | None) -> None:
    others = Status.objects.filter(name__iexact=name.strip())
    if (others.exclude(pk=other_than.pk) if other_than else others).exists():
        raise StatusNameTaken(name)


def _tell(status: Status, actor: User, now: datetime, **data: object) -> Event:
    return events.record("status.changed", subject=("status", status.pk), actor=actor, at=now, **data)
