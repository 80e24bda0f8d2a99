"""What a change of promises would do, before it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from careline.calc import clocks
from careline.core import conditions
from careline.sla import history, past, rows
from careline.sla.actions.policies import Promise, body_from, place_of_new
from careline.sla.actions.versions import exported
from careline.sla.book import POLICY_FIELDS, Book, Rule, book, calendar_of
from careline.sla.models import Calendar, Policy, Track
from careline.tickets.models import UNSOLVED, Ticket

MOST = 2_000
RECENT = timedelta(days=30)
NEW = 0  # stands for the policy that has no number yet


@dataclass(frozen=True)
class Effect:
    """What would become of the conversations that are open."""

    looked_at: int
    changed: int  # would be promised something else
    late: int  # of these, would be late at once
    more: bool = False  # there are more than were looked at


def count_matching(condition: conditions.Condition, *, now: datetime) -> int:
    """Return how many conversations of the last 30 days a condition covers.

    Raises
    ------
    BadCondition
        It cannot be understood.
    """
    conditions.check(condition, POLICY_FIELDS)
    covered = conditions.to_q(condition, POLICY_FIELDS, conditions.Asker(now=now))
    return Ticket.objects.filter(covered, opened_at__gt=now - RECENT).distinct().count()


def effect_of_policy(policy: Policy | None, promise: Promise, *, now: datetime) -> Effect:
    """Return what saving this policy for open conversations too would do."""
    place = policy.position if policy else place_of_new(promise.condition)
    body = {**body_from(promise), "position": place, "active": policy.active if policy else True}
    return _effect([_rule(policy.pk if policy else NEW, policy.version if policy else 0, body, now)], now)


def effect_of_hours(calendar: Calendar, changed: Calendar, *, now: datetime) -> Effect:
    """Return what saving `changed` in place of `calendar` for open conversations too would do."""
    promises, new = book(), []
    for policy in calendar.policies.all():
        rule = promises.rule(policy.pk, policy.version)
        if rule is not None:
            new.append(_rule(policy.pk, policy.version, {**rule.body, "calendar": exported(changed)}, now))
    return _effect(new, now)


def effect_of_all(*, now: datetime) -> Effect:
    """Return what letting all policies as they stand hold for open conversations too would do."""
    promises = book()
    found = [promises.rule(policy.pk, policy.version) for policy in Policy.objects.all()]
    return _effect(
        [_rule(one.policy_id, one.version, one.body, now) for one in found if one is not None], now
    )


def _rule(policy_id: int, version: int, body: dict[str, object], now: datetime) -> Rule:
    return Rule(
        policy_id=policy_id,
        version=version + 1,
        valid_from=now,
        open_too=True,
        body=dict(body),
        calendar=calendar_of(body["calendar"]),  # type: ignore[arg-type]
    )


def _effect(new: Iterable[Rule], now: datetime) -> Effect:
    before = book()
    after = before.with_rules(new)
    found = Ticket.objects.filter(category__in=UNSOLVED, opened_at__lte=now).select_related("customer")
    if "tag" in after.asks:
        found = found.prefetch_related("tags")
    tickets = list(found.order_by("-changed_at", "-id")[: MOST + 1])
    looked_at, tracks = tickets[:MOST], Track.objects.in_bulk([ticket.pk for ticket in tickets])
    changed = [
        (ticket, tracks[ticket.pk])
        for ticket in looked_at
        if ticket.pk in tracks and _differs(ticket, tracks[ticket.pk], before, after, now)
    ]
    late = sum(_newly_late(changed[at : at + 500], after, now) for at in range(0, len(changed), 500))
    return Effect(len(looked_at), len(changed), late, more=len(tickets) > MOST)


def _differs(ticket: Ticket, track: Track, before: Book, after: Book, now: datetime) -> bool:
    _at, policy_id, version, priority = track.applied[-1] if track.applied else (None, None, None, 0)
    rule = after.choose(ticket, at=now)
    held = before.terms(policy_id, version, priority)
    wanted = rule.terms(ticket.priority) if rule else None
    return _sense(held) != (_sense(wanted) if wanted else ({}, None, None))


def _sense(terms: clocks.Terms) -> tuple[object, ...]:
    """Return what of some terms can make a difference to a clock."""
    if not terms.targets:
        return ({}, None, None)
    return (dict(terms.targets), terms.calendar, {metric: set(held) for metric, held in terms.pauses.items()})


def _newly_late(changed: Sequence[tuple[Ticket, Track]], after: Book, now: datetime) -> int:
    steps = history.steps_of_many([ticket.pk for ticket, _track in changed])
    late = 0
    for ticket, track in changed:
        entries = [list(entry) for entry in track.applied]
        past.note(entries, ticket, now, after)
        facts = history.facts_of(steps[ticket.pk], track.absorbed)
        cycles = clocks.derive(facts, past.pairs(entries, after))
        found = rows.rows_of(ticket.pk, cycles, known={}, silent_until=None, urgent=False, now=now)
        late += any(row.stopped_at is None and row.breached_at == now and row.by_change for row in found)
    return late
