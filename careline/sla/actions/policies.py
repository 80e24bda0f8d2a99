"""Service level policies: what is promised to whom, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from careline.calc import clocks
from careline.core import conditions, events
from careline.core.models import User
from careline.sla.actions.versions import COLUMNS, body_of, write_versions
from careline.sla.book import POLICY_FIELDS
from careline.sla.models import Calendar, Policy

SHORTEST_S = 15
STEP = 100  # between positions, so that one policy can move without the others
PRIORITIES = ("1", "2", "3", "4")


class BadTarget(Exception):
    """A promised time is shorter than 15 seconds, or no known metric or priority."""


class PolicyNameTaken(Exception):
    """Another policy is called that."""


@dataclass(frozen=True)
class Promise:
    """What a policy says."""

    name: str
    calendar: Calendar
    condition: conditions.Condition = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # metric -> priority -> seconds
    pauses: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {
            metric: sorted(held) for metric, held in clocks.DEFAULT_PAUSES.items() if held
        }
    )
    reopen_window_s: int = 7 * 86_400
    warn_share: float = 0.75
    warn_before_s: int | None = None
    bot_counts: bool = False


@transaction.atomic
def save_policy(
    *,
    policy: Policy | None,
    promise: Promise,
    open_too: bool = False,
    actor: User | None,
    now: datetime,
) -> Policy:
    """Keep a policy; a new one comes before those that cover everybody.

    Raises
    ------
    BadCondition
        The condition cannot be understood.
    BadTarget
        A promised time is no use.
    PolicyNameTaken
        Another policy is called that.
    """
    conditions.check(promise.condition, POLICY_FIELDS)
    check_targets(promise.targets)
    row = policy or Policy()
    old = said(row) if policy else None
    _fill(row, promise)
    if Policy.objects.filter(name__iexact=row.name).exclude(pk=row.pk).exists():
        raise PolicyNameTaken(row.name)
    if old == said(row) and not open_too:
        return row
    if policy is None:
        row.position = _room_for(row.condition, open_too=open_too, now=now)
    row.save()
    _record(row, old, actor, now, open_too=open_too)
    write_versions([row], open_too=open_too, now=now)
    return row


def _fill(row: Policy, promise: Promise) -> None:
    row.name, row.calendar = promise.name, promise.calendar
    row.condition = dict(promise.condition)
    row.targets = {metric: dict(by) for metric, by in promise.targets.items() if by}
    row.pauses = {metric: sorted(held) for metric, held in promise.pauses.items() if held}
    row.reopen_window_s, row.bot_counts = promise.reopen_window_s, promise.bot_counts
    row.warn_share, row.warn_before_s = promise.warn_share, promise.warn_before_s


def check_targets(targets: Mapping[str, Mapping[str, int]]) -> None:
    """Refuse promised times that are no use.

    Raises
    ------
    BadTarget
        A metric or priority is unknown, or a time is too short.
    """
    for metric, by_priority in targets.items():
        for priority, seconds in by_priority.items():
            if metric not in clocks.METRICS or priority not in PRIORITIES or seconds < SHORTEST_S:
                raise BadTarget(f"{metric} at priority {priority}: {seconds} s")


def said(policy: Policy) -> dict[str, Any]:
    """Return what the audit trail keeps of a policy."""
    return {name: getattr(policy, name) for name in COLUMNS} | {"calendar": policy.calendar_id}


def _record(row: Policy, old: Any, actor: User | None, now: datetime, *, open_too: bool) -> None:
    subject, new = ("policy", row.pk), said(row)
    changed = [key for key in new if old is None or old[key] != new[key]]
    data = {"old": old and {key: old[key] for key in changed}, "new": {key: new[key] for key in changed}}
    events.record(
        "policy.changed", subject=subject, actor=actor, at=now, name=row.name, open_too=open_too, **data
    )


def body_from(promise: Promise) -> dict[str, Any]:
    """Return what a version of such a policy would say, but for its place."""
    row = Policy()
    _fill(row, promise)
    return body_of(row)


def place_of_new(condition: conditions.Condition) -> float:
    """Return the position between those of others at which a new policy would stand."""
    others = _in_order()
    place = _place_of_new(condition, others)
    return others[place].position - 0.5 if place < len(others) else _last(others) + STEP


def _in_order() -> list[Policy]:
    return list(Policy.objects.select_related("calendar").order_by("position", "id"))


def _last(others: Sequence[Policy]) -> int:
    return others[-1].position if others else 0


def _place_of_new(condition: conditions.Condition, others: Sequence[Policy]) -> int:
    """Return the place before the first that covers everybody: after it, a condition would never hold."""
    if not condition:
        return len(others)
    return next((at for at, one in enumerate(others) if one.active and not one.condition), len(others))


def _room_for(condition: conditions.Condition, *, open_too: bool, now: datetime) -> int:
    others = _in_order()
    return _room_at(_place_of_new(condition, others), others, open_too=open_too, now=now)


def _room_at(place: int, others: Sequence[Policy], *, open_too: bool, now: datetime) -> int:
    """Return a position for the place among others, who are moved apart if there is none between them."""
    lower = others[place - 1].position if place else 0
    upper = others[place].position if place < len(others) else lower + 2 * STEP
    if upper - lower > 1:
        return (lower + upper) // 2
    moved = []
    for at, one in enumerate(others):
        position = (at + 1 + (at >= place)) * STEP
        if one.position != position:
            one.position = position
            one.save(update_fields=["position"])
            moved.append(one)
    write_versions(moved, open_too=open_too, now=now)
    return (place + 1) * STEP


@transaction.atomic
def move_policy(
    *, policy: Policy, place: int, open_too: bool = False, actor: User | None, now: datetime
) -> int:
    """Put a policy at `place` (from 0) among the active ones; return where it was.

    Conversations that are open keep what they were promised, unless they are to change too.
    """
    order = [one for one in _in_order() if one.active]
    was = next(at for at, one in enumerate(order) if one.pk == policy.pk)
    place = max(0, min(place, len(order) - 1))
    if place == was:
        return was
    others = [one for one in _in_order() if one.pk != policy.pk]
    following = [one for one in order if one.pk != policy.pk][place : place + 1]
    at = others.index(following[0]) if following else len(others)
    old = said(policy)
    policy.position = _room_at(at, others, open_too=open_too, now=now)
    policy.save(update_fields=["position"])
    _record(policy, old, actor, now, open_too=open_too)
    write_versions([policy], open_too=open_too, now=now)
    return was


@transaction.atomic
def archive_policy(*, policy: Policy, open_too: bool = False, actor: User | None, now: datetime) -> Policy:
    """Promise this to nobody any more; what was promised before stays, unless chosen otherwise."""
    return _set_active(policy, False, actor, now, open_too=open_too)


@transaction.atomic
def restore_policy(*, policy: Policy, open_too: bool = False, actor: User | None, now: datetime) -> Policy:
    """Bring an archived policy back to where it stood."""
    return _set_active(policy, True, actor, now, open_too=open_too)


def _set_active(policy: Policy, active: bool, actor: User | None, now: datetime, *, open_too: bool) -> Policy:
    if policy.active != active:
        old = said(policy)
        policy.active = active
        policy.save(update_fields=["active"])
        _record(policy, old, actor, now, open_too=open_too)
        write_versions([policy], open_too=open_too, now=now)
    return policy


@transaction.atomic
def apply_all_to_open(*, actor: User | None, now: datetime) -> None:
    """Let all policies, as they stand and in their order, hold for open conversations too."""
    everything = list(Policy.objects.select_related("calendar").order_by("position", "id"))
    write_versions(everything, open_too=True, now=now)
    if everything:
        events.record("policy.applied", subject=("policy", everything[0].pk), actor=actor, at=now)
