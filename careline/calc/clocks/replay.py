"""Clocks by replay: the same facts and terms always give the same cycles, whenever they are worked out."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from careline.calc.clocks.cycle import Cycle, Span, StopReason
from careline.calc.clocks.draft import Draft
from careline.calc.clocks.facts import DEFAULT_PAUSES, METRICS, RESTING, Category, Fact, Kind, Metric, Terms

# At one instant a message comes before the status it leads to, in whatever order they were stored.
_RANK: dict[Kind, int] = {"opened": 0, "status": 2, "merged": 3, "unmerged": 3, "absorbed": 3}
_MESSAGE_RANK = 1
_SENT: tuple[Kind, ...] = ("opened", "message_in", "message_out")
_REPLIES: tuple[Metric, ...] = ("first_reply", "next_reply", "periodic_update")


def derive(facts: Iterable[Fact], timeline: Iterable[tuple[datetime, Terms]]) -> list[Cycle]:
    """Derive all service clocks of one ticket.

    Parameters
    ----------
    facts : iterable of Fact
        Everything that happened, in any order; facts of one instant and kind keep theirs.
    timeline : iterable of (datetime, Terms)
        Terms of service and the aware instants from which they applied to this ticket: one entry per change
        of policy, version, calendar or priority.

    Returns
    -------
    list of Cycle
        In order of start. A metric without a target is measured too, except periodic updates.

    Raises
    ------
    ValueError
        An instant of `timeline` is naive.
    """
    replay = _Replay(sorted(timeline, key=lambda entry: entry[0]))
    for fact in _ordered(facts):
        replay.take(fact)
    return replay.cycles()


def absorbing(cycles: Sequence[Cycle], at: datetime) -> Fact:
    """Return the fact to record on the surviving ticket when a ticket with these cycles is merged into it.

    Parameters
    ----------
    cycles : sequence of Cycle
        Cycles of the ticket that ends, before or after it was marked as merged.
    at : datetime
        Aware instant of the merge.

    Returns
    -------
    Fact
        Kind ``absorbed``, with the earliest start and the oldest unanswered message still owed.
    """
    owed = [c for c in cycles if c.stopped_at is None or (c.stop_reason == "merged" and c.stopped_at == at)]
    starts = [c.started_at for c in owed if c.metric in ("first_reply", "resolution")]
    unanswered = [c.started_at for c in owed if c.metric in ("first_reply", "next_reply")]
    return Fact(
        at,
        "absorbed",
        since=min(starts, default=None),
        unanswered_since=min(unanswered, default=None),
    )


def _ordered(facts: Iterable[Fact]) -> list[Fact]:
    ordered: list[Fact] = []
    for fact in sorted(facts, key=lambda fact: (fact.at, _RANK.get(fact.kind, _MESSAGE_RANK))):
        if fact.kind == "unmerged":
            # A merge that was undone never happened: the customer has been waiting all along.
            ordered = [earlier for earlier in ordered if earlier.kind != "merged"]
        else:
            ordered.append(fact)
    return ordered


class _Replay:
    """The state of one ticket's clocks while its facts go by."""

    def __init__(self, timeline: list[tuple[datetime, Terms]]) -> None:
        for at, _ in timeline:
            if at.utcoffset() is None:
                raise ValueError(f"terms need aware datetimes, got {at.isoformat()}")
        self.timeline = timeline
        self.instants = [at for at, _ in timeline]
        self.applied = 0
        self.terms: Terms | None = None
        self.category: Category = "new"
        self.drafts: list[Draft] = []
        self.running: dict[Metric, Draft] = {}
        self.parked: dict[Metric, Draft] = {}
        self.spans: dict[Metric, list[Span]] = {metric: [] for metric in METRICS}
        self.counts: Counter[Metric] = Counter()
        self.requested = False
        self.written_while_solved: datetime | None = None
        self.solved_at: datetime | None = None
        self.over = False

    def take(self, fact: Fact) -> None:
        """Let one fact have its effect."""
        if self.over:
            return
        # Terms of the same instant are applied to running clocks after it: a reply that comes with a
        # change of priority still stops the clock it answered.
        self._apply_terms(fact.at, inclusive=False)
        if not fact.automatic or fact.kind not in _SENT:
            getattr(self, f"_on_{fact.kind}")(fact)

    def cycles(self) -> list[Cycle]:
        """Apply what is left of the timeline and return the result."""
        if not self.over and self.instants:
            self._apply_terms(self.instants[-1], inclusive=True)
        made = [draft.finished(self._pauses(draft)) for draft in self.drafts]
        return sorted(
            (cycle for cycle in made if not _means_nothing(cycle)), key=lambda cycle: cycle.started_at
        )

    # Facts

    def _on_opened(self, fact: Fact) -> None:
        if fact.by_customer:
            self._request(fact.since or fact.at, fact.at)

    def _on_message_in(self, fact: Fact) -> None:
        if self.category in RESTING:
            self.written_while_solved = self.written_while_solved or fact.at
        elif not self.requested:
            self._request(fact.at, fact.at)
        elif not self.running.keys() & {"first_reply", "next_reply"}:
            self._start("next_reply", fact.at, fact.at)

    def _on_message_out(self, fact: Fact) -> None:
        terms = self._terms_at(fact.at)
        if fact.bot and not (terms and terms.bot_counts):
            return
        self.written_while_solved = None
        for metric in _REPLIES:
            self._stop(metric, fact.at, "reply")
            self.parked.pop(metric, None)
        if self.category not in RESTING:
            self._start("periodic_update", fact.at, fact.at)

    def _on_no_reply_needed(self, fact: Fact) -> None:
        self._stop("next_reply", fact.at, "no_reply_needed")
        self.parked.pop("next_reply", None)
        self.written_while_solved = None

    def _on_status(self, fact: Fact) -> None:
        was, self.category = self.category, fact.category or self.category
        if self.category in RESTING and was not in RESTING:
            self._solve(fact.at)
        self._mark_pauses(fact.at, self._terms_at(fact.at))
        if was in RESTING and self.category not in RESTING:
            self._reopen(fact.at)

    def _on_merged(self, fact: Fact) -> None:
        for metric in METRICS:
            self._stop(metric, fact.at, "merged")
        self.over = True

    def _on_absorbed(self, fact: Fact) -> None:
        waiting = fact.unanswered_since
        if self.category in RESTING:
            known = [t for t in (waiting, self.written_while_solved) if t is not None]
            self.written_while_solved = min(known, default=None)
            return
        if fact.since:
            self._start_no_later("resolution", fact.since, fact.at)
        if waiting:
            first = "first_reply" in self.running or not self.requested
            self._start_no_later("first_reply" if first else "next_reply", waiting, fact.at)
        self.requested = self.requested or bool(fact.since or waiting)

    # Effects

    def _request(self, since: datetime, at: datetime) -> None:
        self.requested = True
        self._start("first_reply", since, at)
        if "resolution" not in self.running:
            self._start("resolution", since, at)

    def _solve(self, at: datetime) -> None:
        self.parked = dict(self.running)
        for metric in METRICS:
            self._stop(metric, at, "solved")
        self.solved_at = at
        self.written_while_solved = None

    def _reopen(self, at: datetime) -> None:
        written, self.written_while_solved = self.written_while_solved, None
        if not self.requested:
            if written:
                self._request(written, at)
            return
        if self._is_new_request(at):
            self._start("resolution", at, at)
            if written:
                self._start("first_reply", written, at)
            return
        for metric, draft in self.parked.items():
            # Who writes again after the solution starts a new wait; the old one was answered by it.
            if not (metric == "next_reply" and written):
                self._resume(metric, draft, at)
        if written and "first_reply" not in self.running:
            self._start("next_reply", written, at)

    def _is_new_request(self, at: datetime) -> bool:
        terms = self._terms_at(at)
        window_s = terms.reopen_window_s if terms else 0.0
        return self.solved_at is None or at - self.solved_at > timedelta(seconds=window_s)

    def _start(self, metric: Metric, since: datetime, at: datetime) -> None:
        self.counts[metric] += 1
        draft = Draft(metric, self.counts[metric], since, self._terms_at(at))
        self.drafts.append(draft)
        self.running[metric] = draft
        if since < at:
            draft.notice_change(at, self._pauses(draft))

    def _start_no_later(self, metric: Metric, since: datetime, at: datetime) -> None:
        draft = self.running.get(metric)
        if draft is None:
            self._start(metric, since, at)
        elif since < draft.started_at:
            draft.start_earlier(since, at, self._pauses(draft))
            draft.notice_change(at, self._pauses(draft))

    def _stop(self, metric: Metric, at: datetime, reason: StopReason) -> None:
        draft = self.running.pop(metric, None)
        if draft is not None:
            draft.stopped_at, draft.stop_reason = at, reason

    def _resume(self, metric: Metric, draft: Draft, at: datetime) -> None:
        draft.stopped_at = draft.stop_reason = None
        self.running[metric] = draft
        if self.terms is not None:
            draft.switch(at, self.terms, self._pauses(draft))

    # Terms and pauses

    def _terms_at(self, at: datetime) -> Terms | None:
        i = bisect_right(self.instants, at)
        return self.timeline[i - 1][1] if i else None

    def _apply_terms(self, until: datetime, *, inclusive: bool) -> None:
        while self.applied < len(self.timeline):
            at, terms = self.timeline[self.applied]
            if at > until or (at == until and not inclusive):
                return
            self.applied += 1
            self.terms = terms
            for draft in self.running.values():
                draft.switch(at, terms, self._pauses(draft))
            self._mark_pauses(at, terms)

    def _mark_pauses(self, at: datetime, terms: Terms | None) -> None:
        pauses = terms.pauses if terms else DEFAULT_PAUSES
        for metric, spans in self.spans.items():
            stands = self.category in RESTING or self.category in pauses.get(metric, ())
            stood = bool(spans) and spans[-1][1] is None
            if stands and not stood:
                spans.append((at, None))
            elif stood and not stands:
                spans[-1] = (spans[-1][0], at)

    def _pauses(self, draft: Draft) -> tuple[Span, ...]:
        """Return the pauses of the ticket that lie between the cycle's start and stop."""
        spans = self.spans[draft.metric]
        first = max(0, bisect_right(spans, draft.started_at, key=lambda span: span[0]) - 1)
        clipped: list[Span] = []
        for begins, ends in islice(spans, first, None):
            if draft.stopped_at is not None:
                if begins >= draft.stopped_at:
                    break
                ends = draft.stopped_at if ends is None else min(ends, draft.stopped_at)
            begins = max(begins, draft.started_at)
            if ends is None or begins < ends:
                clipped.append((begins, ends))
        return tuple(clipped)


def _means_nothing(cycle: Cycle) -> bool:
    """Return whether the cycle is an update nobody was promised, or one that solving ended as it began."""
    if cycle.metric != "periodic_update":
        return False
    never_promised = all(held.target_s is None for held in cycle.history)
    return never_promised or (cycle.stop_reason == "solved" and cycle.stopped_at == cycle.started_at)
