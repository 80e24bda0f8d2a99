"""What can happen to saved views."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import override

from careline.core import access, events
from careline.core.conditions import Condition
from careline.core.models import Event, User
from careline.tickets.models import View
from careline.tickets.queries.pages import ORDERS, listed
from careline.tickets.shipped import BY_KEY, SHIPPED

SHARE = "views.share"
LONGEST_NAME = 80


class ViewNeedsAName(Exception):
    """A view is called something, in at most eighty characters."""


class NoSuchOrder(Exception):
    """Lists cannot be sorted like that."""


class NotYourView(Exception):
    """The view belongs to somebody else."""


class NothingToRestore(Exception):
    """The view came without a shipped form to go back to."""


@transaction.atomic
def make_default_views() -> None:
    """Make sure that the shared views that come with Careline exist; changed and removed ones stay so."""
    known = set(View.objects.filter(key__in=BY_KEY).values_list("key", flat=True))
    for position, shipped in enumerate(SHIPPED):
        if shipped.key not in known:
            with override("en"):
                name = str(shipped.name)
            View.objects.create(
                key=shipped.key,
                name=name,
                condition=shipped.condition,
                order=shipped.order,
                position=position,
            )


@transaction.atomic
def save_view(
    *,
    view: View | None = None,
    name: str,
    condition: Condition,
    order: str = "-changed_at",
    shared: bool = False,
    actor: User,
    now: datetime,
) -> View:
    """Keep a filter under a name: a new one, or new words and tests for one that exists.

    Raises
    ------
    ViewNeedsAName
        No name, or a very long one.
    NoSuchOrder
        Lists cannot be sorted like that.
    BadCondition
        The condition cannot be understood.
    NotYourView
        It belongs to somebody else.
    PermissionDenied
        It is shared, or would be, and the actor may not change shared views.
    """
    access.require(actor, "tickets.see")
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise ViewNeedsAName(name)
    if order not in ORDERS:
        raise NoSuchOrder(order)
    listed(actor, condition, now)  # refuses what cannot be asked
    if view is None:
        view = View(owner=None if shared else actor, position=_last() + 1)
    else:
        _allow(view, actor)
        view.owner = None if shared else (view.owner or actor)
    if shared:
        access.require(actor, SHARE)
    return _keep(view, name, condition, order, actor, now)


def _keep(view: View, name: str, condition: Condition, order: str, actor: User, now: datetime) -> View:
    before = _facts(View.objects.filter(pk=view.pk).first()) if view.pk else {}
    view.name, view.condition, view.order = name, dict(condition), order
    view.save()
    after = _facts(view)
    if changed := {k: {"old": before.get(k), "new": after[k]} for k in after if before.get(k) != after[k]}:
        _tell(view, actor, now, changed=changed)
    return view


def _facts(view: View | None) -> dict[str, Any]:
    if view is None:
        return {}
    return {"name": view.name, "condition": view.condition, "order": view.order, "owner": view.owner_id}


@transaction.atomic
def remove_view(*, view: View, actor: User, now: datetime) -> Event | None:
    """Take a view away; it can be restored.

    Raises
    ------
    NotYourView
        It belongs to somebody else.
    """
    return _set_active(view, False, actor, now)


@transaction.atomic
def restore_view(*, view: View, actor: User, now: datetime) -> Event | None:
    """Bring a removed view back.

    Raises
    ------
    NotYourView
        It belongs to somebody else.
    """
    return _set_active(view, True, actor, now)


@transaction.atomic
def reset_view(*, view: View, actor: User, now: datetime) -> View:
    """Give a shipped view back the name, tests and order that it came with.

    Raises
    ------
    NothingToRestore
        It did not come with Careline.
    """
    _allow(view, actor)
    shipped = BY_KEY.get(view.key or "")
    if shipped is None:
        raise NothingToRestore(view.name)
    with override("en"):
        name = str(shipped.name)
    return _keep(view, name, shipped.condition, shipped.order, actor, now)


def _set_active(view: View, active: bool, actor: User, now: datetime) -> Event | None:
    _allow(view, actor)
    if view.active == active:
        return None
    view.active = active
    view.save(update_fields=["active"])
    return _tell(view, actor, now, changed={"active": {"old": not active, "new": active}})


@transaction.atomic
def order_views(*, ids: list[int], actor: User, now: datetime) -> Event | None:
    """Put the shared views in this order; those that are not named follow."""
    access.require(actor, SHARE)
    rows = list(View.objects.select_for_update().filter(owner=None))
    place = {pk: number for number, pk in enumerate(ids)}
    wanted = sorted(rows, key=lambda view: place.get(view.pk, len(place)))
    old, new = [view.pk for view in rows], [view.pk for view in wanted]
    if old == new:
        return None
    for position, view in enumerate(wanted):
        view.position = position
    View.objects.bulk_update(wanted, ["position"])
    return _tell(wanted[0], actor, now, changed={"order": {"old": old, "new": new}})


def _allow(view: View, actor: User) -> None:
    if view.owner_id is None:
        access.require(actor, SHARE)
    elif view.owner_id != actor.pk:
        raise NotYourView(view.name)


def _last() -> int:
    return View.objects.aggregate(last=Max("position"))["last"] or 0


def _tell(view: View, actor: User, now: datetime, *, changed: Mapping[str, Any]) -> Event:
    return events.record("view.changed", subject=("view", view.pk), actor=actor, at=now, changed=changed)
