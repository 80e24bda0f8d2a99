"""The desk at work: a queue per team, agents in their shifts, one thing at a time.

A plain event simulation. Waits, backlog and broken promises are not drawn from a table: they follow from
how much arrives and who is there, so the days of the strike look the way such days look.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from careline.config.demo.case import Case
from careline.config.demo.dice import Dice
from careline.config.demo.records import NOBODY, Staff
from careline.config.demo.shifts import Roster

HOUR, DAY = 3600, 86_400
OWNER_MAY_WAIT = 19 * HOUR  # longer than a night: then a colleague takes over
SHORTEST = 240  # nobody begins something with less than this left in the shift [s]
AHEAD = {1: -DAY, 2: 0, 3: 7 * HOUR, 4: 3 * DAY}  # how much older a ticket of this priority seems
NEWCOMER_SLOWER, NEWCOMER_DAYS = 0.9, 45.0


class Work(NamedTuple):
    """Something an agent has to do on a ticket, for as long as the customer has said nothing new."""

    what: str
    case: Case
    turn: int


Play = Callable[[Work, int, int, int], None]  # work, agent, start, end
Tick = Callable[[Work, int], None]


class Desk:
    """Time, queues and people. `play` is told what an agent did, `tick` what happens without one."""

    def __init__(
        self, staff: tuple[Staff, ...], roster: Roster, *, dice: Dice, now: int, handle_s: float
    ) -> None:
        self.staff = staff
        self.roster = roster
        self.now = now
        self._dice = dice
        self._handle_s = handle_s
        self._seq = count()
        self._agenda: list[tuple[int, int, str, object]] = []
        self._queues: dict[str, list[tuple[int, int, Work]]] = {
            person.team: [] for person in staff if person.team
        }
        self._own: list[list[tuple[int, int, Work]]] = [[] for _ in staff]
        self._idle: dict[str, set[int]] = {team: set() for team in self._queues}
        self._busy_until = [0] * len(staff)
        for start, person in roster.starts():
            self._at(start + dice.whole(15, 400), "free", person)

    def plan(self, at: float, work: Work) -> None:
        """Let something happen later without an agent: a customer's next message, a closing."""
        self._at(int(at), "tick", work)

    def hand(self, at: float, work: Work) -> None:
        """Put work before the agents at this instant."""
        self._at(int(at), "ready", work)

    def run(self, play: Play, tick: Tick) -> None:
        """Play everything up to now."""
        agenda = self._agenda
        while agenda and agenda[0][0] <= self.now:
            at, _seq, kind, what = heappop(agenda)
            if kind == "tick":
                tick(what, at)  # type: ignore[arg-type]
            elif kind == "ready":
                self._ready(what, at, play)  # type: ignore[arg-type]
            else:
                self._free(what, at, play)  # type: ignore[arg-type]

    def idle_agent(self, team: str, at: int) -> int:
        """Return somebody of the team who is there and has nothing to do, or NOBODY."""
        for agent in sorted(self._idle[team]):
            if self.roster.at_work_until(agent, at) - at > SHORTEST:
                return agent
        return NOBODY

    def start_now(self, agent: int, work: Work, at: int, play: Play) -> None:
        """Let an idle agent begin."""
        self._begin(agent, work, at, play)

    def _at(self, at: int, kind: str, what: object) -> None:
        heappush(self._agenda, (at, next(self._seq), kind, what))

    def _ready(self, work: Work, at: int, play: Play) -> None:
        case = work.case
        if work.turn != case.turn or case.merged:
            return
        entry = ((case.asked_at or at) - AHEAD[case.priority], next(self._seq), work)
        owner = case.owner
        if owner != NOBODY and self._is_back_soon(owner, at):
            heappush(self._own[owner], entry)
            if owner in self._idle[self.staff[owner].team]:
                self._idle[self.staff[owner].team].discard(owner)
                self._at(at + self._dice.whole(40, 600), "free", owner)
            return
        heappush(self._queues[case.team], entry)
        agent = self.idle_agent(case.team, at)
        if agent != NOBODY:
            self._idle[case.team].discard(agent)
            self._at(at + self._dice.whole(40, 900), "free", agent)

    def _is_back_soon(self, person: int, at: int) -> bool:
        if self.roster.at_work_until(person, at):
            return True
        start = self.roster.next_start(person, at)
        return bool(start) and start - at < OWNER_MAY_WAIT

    def _free(self, agent: int, at: int, play: Play) -> None:
        if at < self._busy_until[agent]:
            return
        left = self.roster.at_work_until(agent, at) - at
        if left < SHORTEST:
            self._pass_on(agent, at)
            return
        work = self._next_work(agent)
        if work is None:
            if self.staff[agent].role == "agent":
                self._idle[self.staff[agent].team].add(agent)
            return
        self._begin(agent, work, at, play)

    def _pass_on(self, agent: int, at: int) -> None:
        """Leave one's own queue to the team when one does not come back soon."""
        if self._own[agent] and not self._is_back_soon(agent, at):
            for entry in self._own[agent]:
                heappush(self._queues[entry[2].case.team], entry)
            self._own[agent].clear()

    def _next_work(self, agent: int) -> Work | None:
        own, person = self._own[agent], self.staff[agent]
        queue = self._queues[person.team] if person.role == "agent" else []
        while own or queue:
            mine = own and (not queue or own[0] <= queue[0] or self._dice.chance(0.6))
            work = heappop(own if mine else queue)[2]
            if work.turn == work.case.turn and not work.case.merged:
                return work
        return None

    def _begin(self, agent: int, work: Work, at: int, play: Play) -> None:
        self._idle[self.staff[agent].team].discard(agent)
        until = self.roster.at_work_until(agent, at)
        share = {"first": 1.0, "resume": 0.8, "thanks": 0.1, "remind": 0.15, "solve": 0.1}.get(work.what, 0.7)
        spent = self._handle_s * share * self._pace(agent, at) * self._dice.around(1.0, 0.45)
        end = min(at + max(30, int(spent)), until - 5)
        self._busy_until[agent] = end
        play(work, agent, at, end)
        self._at(end + self._dice.whole(5, 60), "free", agent)

    def _pace(self, agent: int, at: int) -> float:
        person = self.staff[agent]
        days = at / DAY - (person.joined.toordinal() - 719_163)
        return person.speed * (1 + NEWCOMER_SLOWER * max(0.0, 1 - days / NEWCOMER_DAYS))
