"""Invents the whole operation from a seed: the same seed and the same now always give the same records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from careline.config.demo import company, season, shifts
from careline.config.demo.case import Case
from careline.config.demo.customers import found_organisations, invent_customers
from careline.config.demo.desk import Desk
from careline.config.demo.dice import Dice
from careline.config.demo.play import Stage
from careline.config.demo.records import Customer, Operation, Staff, Story
from careline.config.demo.shifts import Roster, Span, spans_of
from careline.config.demo.strays import stray_mails
from careline.config.demo.talk import Voice
from careline.config.demo.texts import scenarios

Ints = npt.NDArray[np.int64]

CUSTOMERS_PER_TICKET, TICKETS_PER_COMPANY = 0.45, 90
HANDLE_S = 840.0  # attention one first answer takes at the usual load [s]
USUAL_LOAD = 20_000 / 90  # tickets a day for which forty agents were hired
TWINS = 0.008  # tickets that say again what another one said hours before


def invent(*, now: datetime, seed: int = 7, tickets: int = 20_000, days: int = 90) -> Operation:
    """Return an operation of `days` days that ends now.

    Raises
    ------
    ValueError
        Fewer than one ticket or three days, or `now` is naive.
    """
    if tickets < 1 or days < 3 or now.utcoffset() is None:
        raise ValueError("a demo needs at least one ticket, three days and an aware now")
    now = now.astimezone(UTC).replace(microsecond=0)
    start = now.replace(hour=0, minute=0, second=0) - timedelta(days=days)
    rng = np.random.default_rng(seed)
    dice = Dice(rng)
    staff = company.hire(today=now.date(), days=days, dice=dice)
    organisations = found_organisations(max(3, tickets // TICKETS_PER_COMPANY), dice=dice)
    buyers = max(5, int(tickets * CUSTOMERS_PER_TICKET))
    customers = invent_customers(buyers, organisations=organisations, start=start, dice=dice)
    seasons = season.plan(start=start, now=now)
    stories = _play(tickets, staff=staff, customers=customers, seasons=seasons, rng=rng)
    return Operation(
        company=company.COMPANY,
        start=start,
        now=now,
        teams=company.TEAMS,
        staff=staff,
        organisations=organisations,
        customers=_first_seen(customers, stories),
        stories=stories,
        strays=stray_mails(start=start, now=now),
    )


def _play(
    count: int,
    *,
    staff: tuple[Staff, ...],
    customers: tuple[Customer, ...],
    seasons: season.Season,
    rng: np.random.Generator,
) -> tuple[Story, ...]:
    dice = Dice(rng)
    at, which = season.arrivals(count, scenarios=scenarios(), season=seasons, rng=rng)
    now = int(seasons.now.timestamp())
    days = (seasons.now - seasons.start) / timedelta(days=1)
    roster = Roster(_spans(staff, first=seasons.start.date(), last=seasons.now.date(), dice=dice))
    handle_s = HANDLE_S * USUAL_LOAD / (count / days)
    desk = Desk(staff, roster, dice=dice, now=now, handle_s=min(handle_s, 4 * HANDLE_S))
    stage = Stage(desk, dice=dice, leads={person.team: person for person in staff if person.lead})
    cases = _cases(at, which, customers=customers, dice=dice, rng=rng)
    for case in cases:
        stage.begin(case)
    desk.run(stage.play, stage.tick)
    return tuple(case.story(now) for case in cases)


def _spans(staff: tuple[Staff, ...], *, first: date, last: date, dice: Dice) -> dict[int, list[Span]]:
    """Return the working time of everybody who answers customers."""
    leave = (first + (last - first) * 0.4, last + timedelta(days=30))
    end = last + timedelta(days=shifts.AFTER)  # what begins today may have to wait for somebody's next shift
    spans = {}
    for person in staff:
        if person.team:
            away = leave if person.name == company.ON_LEAVE else None
            spans[person.number] = spans_of(person, first=first, last=end, leave=away, dice=dice)
    return spans


def _cases(
    at: Ints, which: Ints, *, customers: tuple[Customer, ...], dice: Dice, rng: np.random.Generator
) -> list[Case]:
    known = scenarios()
    loyalty = rng.lognormal(0.0, 0.9, len(customers))
    chosen = rng.choice(len(customers), size=len(at), p=loyalty / loyalty.sum())
    cases: list[Case] = []
    drawn = zip(at.tolist(), which.tolist(), chosen.tolist(), strict=True)
    for index, (opened, number, who) in enumerate(drawn):
        twin = cases[index - dice.whole(1, 40)] if index > 40 and dice.chance(TWINS) else None
        scenario, customer = (twin.scenario, twin.customer) if twin else (known[number], customers[who])
        voice = twin.voice if twin else Voice(scenario, customer, opened=opened, dice=dice)
        case = Case(index, opened=opened, scenario=scenario, customer=customer, voice=voice)
        case.twin_of = twin
        cases.append(case)
    return cases


def _first_seen(customers: tuple[Customer, ...], stories: tuple[Story, ...]) -> tuple[Customer, ...]:
    """Let a third of the customers be new: known since their first ticket."""
    first: dict[int, datetime] = {}
    for story in stories:
        first.setdefault(story.customer, story.facts[0].at)
    return tuple(
        buyer._replace(since=first[buyer.number])
        if buyer.number in first and buyer.number % 3 == 1
        else buyer
        for buyer in customers
    )
