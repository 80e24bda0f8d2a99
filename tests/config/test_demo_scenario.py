"""The invented operation: deterministic, legal in every step, and alive."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from careline.calc import clocks, hours
from careline.config.demo import company, scenario
from careline.config.demo.files import paper, picture
from careline.config.demo.reasons import TREE, path
from careline.config.demo.records import NOBODY, Fact, Operation, Story
from careline.config.demo.texts import scenarios

NOW = datetime(2026, 11, 24, 11, 20, tzinfo=UTC)  # a Tuesday, 12:20 in Hamburg
NEXT = {  # what each category may become
    "new": {"open"},
    "open": {"waiting", "hold", "solved"},
    "waiting": {"open", "solved"},
    "hold": {"open", "waiting", "solved"},
    "solved": {"open", "closed"},
    "closed": {"open"},
}


@pytest.fixture(scope="module")
def small() -> Operation:
    return scenario.invent(now=NOW, tickets=2_000)


@pytest.fixture(scope="module")
def full() -> Operation:
    return scenario.invent(now=NOW)


def last(story: Story, kind: str, otherwise: object) -> object:
    found = [fact.value for fact in story.facts if fact.kind == kind]
    return found[-1] if found else otherwise


def test_same_seed_gives_the_same_records() -> None:
    first, second = (scenario.invent(now=NOW, tickets=300, seed=3) for _ in range(2))
    assert first == second


def test_another_seed_gives_another_operation() -> None:
    first, second = (scenario.invent(now=NOW, tickets=300, seed=seed) for seed in (3, 4))
    assert first.stories != second.stories


def test_naive_now_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        scenario.invent(now=datetime(2026, 11, 24), tickets=10)  # noqa: DTZ001 - the naive one is the point


def test_counts_are_as_asked(full: Operation) -> None:
    assert len(full.stories) == 20_000
    assert len(full.customers) == 9_000
    assert sum(person.role == "agent" for person in full.staff) == 40
    assert len(full.teams) == 4
    assert len({person.site for person in full.staff}) == 2
    assert {person.name for person in full.staff} >= set(company.PERSONAS)


def test_names_and_addresses_are_nobody_elses(full: Operation) -> None:
    staff = [person.email for person in full.staff]
    emails = [email for buyer in full.customers for email in buyer.emails]
    phones = [buyer.phone for buyer in full.customers if buyer.phone]
    for values in (staff, emails, phones):
        assert len(values) == len(set(values))
    assert all(email.endswith(".example") for email in (*staff, *emails))
    assert len({firm.domain for firm in full.organisations}) == len(full.organisations)


def test_nothing_happens_before_the_start_or_after_now(full: Operation) -> None:
    assert all(full.start <= fact.at <= NOW for story in full.stories for fact in story.facts)
    assert all(buyer.since <= NOW for buyer in full.customers)
    assert all(full.start <= stray.received_at <= NOW for stray in full.strays)


def test_facts_of_a_ticket_are_in_order_and_begin_with_its_opening(full: Operation) -> None:
    for story in full.stories:
        instants = [fact.at for fact in story.facts]
        assert instants == sorted(instants)
        assert [fact.kind for fact in story.facts[:2]] == ["opened", "received"]
        assert sum(fact.kind == "opened" for fact in story.facts) == 1


def test_statuses_change_only_as_they_may(full: Operation) -> None:
    for story in full.stories:
        now = "new"
        for fact in story.facts:
            if fact.kind == "status":
                assert fact.value in NEXT[now], (story.number, now, fact.value)
                now = str(fact.value)
            elif fact.kind == "replied":
                assert now in {"open", "waiting"}, (story.number, now)


def test_customers_are_known_before_they_write(full: Operation) -> None:
    assert all(full.customers[story.customer].since <= story.facts[0].at for story in full.stories)
    assert all(story.email in full.customers[story.customer].emails for story in full.stories)


def test_agents_act_only_in_their_shifts(full: Operation) -> None:
    zones = {person.zone: ZoneInfo(person.zone) for person in full.staff}
    zone_hours = {"Hamburg": (7.9, 20.1), "Porto": (6.9, 19.1)}
    for story in full.stories:
        for fact in story.facts:
            if fact.by != NOBODY:
                person = full.staff[fact.by]
                local = fact.at.astimezone(zones[person.zone])
                low, high = zone_hours[person.site]
                assert low <= local.hour + local.minute / 60 <= high
                assert fact.at.date() >= person.joined


def test_nobody_does_two_things_at_once(full: Operation) -> None:
    replies: dict[int, list[datetime]] = {}
    for story in full.stories:
        for fact in story.facts:
            if fact.kind == "replied":
                replies.setdefault(fact.by, []).append(fact.at)
    for instants in replies.values():
        instants.sort()
        assert all(b - a >= timedelta(seconds=20) for a, b in itertools.pairwise(instants))


def test_the_agent_on_leave_is_silent_since_it_began(full: Operation) -> None:
    index = next(person.number for person in full.staff if person.name == company.ON_LEAVE)
    acts = [fact.at for story in full.stories for fact in story.facts if fact.by == index]
    assert acts
    assert max(acts) < NOW - timedelta(days=45)


def test_texts_hold_no_unfilled_slots(full: Operation) -> None:
    for story in full.stories:
        assert not {"{", "}"} & set(story.subject)
        for fact in story.facts:
            assert "{" not in fact.text
            assert "}" not in fact.text
            assert fact.text.strip() or fact.kind not in {"received", "replied", "noted"}


def test_texts_do_not_repeat_themselves(full: Operation) -> None:
    openings = Counter(story.facts[1].text for story in full.stories)
    assert len(openings) > 0.97 * len(full.stories)
    recent = [story.subject for story in full.stories[-100:]]
    assert Counter(recent).most_common(1)[0][1] <= 6


def test_more_than_sixty_problems_with_three_phrasings_each() -> None:
    known = scenarios()
    assert len(known) >= 60
    assert len({each.key for each in known}) == len(known)
    for each in known:
        assert all(len(words.openings) >= 3 and len(words.answers) >= 2 for words in each.phrases.values()), (
            each.key
        )


def test_every_problem_has_a_place_in_the_reason_tree() -> None:
    assert {path(each.reason) for each in scenarios()}
    assert sum(len(leaves) for _name, leaves in TREE.values()) >= 30


def test_both_languages_are_spoken_and_never_mixed(full: Operation) -> None:
    share = sum(story.language == "de" for story in full.stories) / len(full.stories)
    assert 0.25 < share < 0.4
    assert all(story.language == full.customers[story.customer].language for story in full.stories)


def test_strike_week_is_late_and_the_whole_is_not(full: Operation) -> None:
    calendar = hours.from_json({"zone": "Europe/Berlin", "week": company.OPEN_WEEK})
    target_s = {1: 57_600, 2: 28_800, 3: 14_400, 4: 7_200}
    weeks: dict[int, list[bool]] = {}
    for story in full.stories:
        if story.facts[-1].kind == "merged":
            continue
        answered = next((fact.at for fact in story.facts if fact.kind == "replied"), NOW)
        due = hours.due(calendar, story.facts[0].at, target_s[story.priority])
        weeks.setdefault((story.facts[0].at - full.start).days // 7, []).append(answered > due)
    shares = {week: sum(late) / len(late) for week, late in weeks.items()}
    assert 0.05 < sum(map(sum, weeks.values())) / len(full.stories) < 0.13
    assert 0.2 < max(shares.values()) < 0.45


def test_delivery_mail_triples_in_the_strike_week(full: Operation) -> None:
    kinds = {each.key: each.reason.startswith("delivery/") for each in scenarios()}
    strike = [story.facts[0].at for story in full.stories if story.scenario == "strike_delay"]
    first = min(strike)
    week = sorted(story.facts[0].at for story in full.stories if kinds[story.scenario])
    during = bisect_right(week, first + timedelta(days=6)) - bisect_right(week, first)
    before = bisect_right(week, first - timedelta(days=1)) - bisect_right(week, first - timedelta(days=7))
    assert 2.2 < during / before < 4.5


def test_mondays_are_busy_weekends_quiet_and_nights_not_silent(full: Operation) -> None:
    days = Counter(story.facts[0].at.weekday() for story in full.stories)
    assert days[0] > 1.2 * days[4] > days[5] > 0
    nights = sum(story.facts[0].at.hour in (0, 1, 2, 3) for story in full.stories)
    assert 0 < nights < 0.05 * len(full.stories)


def test_today_has_a_backlog_of_every_kind(full: Operation) -> None:
    merged = {story.number for story in full.stories if story.facts[-1].kind == "merged"}
    left = [story for story in full.stories if story.number not in merged]
    now = Counter(last(story, "status", "new") for story in left)
    assert 300 < now["new"] + now["open"] + now["waiting"] + now["hold"] < 700
    assert min(now["new"], now["open"], now["waiting"], now["hold"]) > 10
    today = [story for story in left if story.facts[0].at.date() == date(2026, 11, 24)]
    assert any(last(story, "assigned", NOBODY) == NOBODY for story in today)
    assert max(story.facts[0].at for story in today) > NOW - timedelta(hours=1)


def test_today_has_late_promises_and_some_at_risk(full: Operation) -> None:
    calendar = hours.from_json({"zone": "Europe/Berlin", "week": company.OPEN_WEEK})
    targets = {"first_reply": 8 * 3600.0, "next_reply": 10 * 3600.0, "resolution": 48 * 3600.0}
    terms = clocks.Terms(1, 1, calendar, targets, warn_share=0.75)
    states: Counter[str] = Counter()
    for story in full.stories:
        facts = [fact for fact in map(clock_fact, story.facts) if fact]
        cycles = clocks.derive(facts, [(story.facts[0].at, terms)])
        states.update(clocks.state(cycle, NOW) for cycle in cycles)
    assert states["late"] >= 10
    assert states["at_risk"] >= 3
    assert states["paused"] >= 100


def clock_fact(fact: Fact) -> clocks.Fact | None:
    kinds = {"opened": "opened", "received": "message_in", "replied": "message_out", "merged": "merged"}
    if fact.kind == "status":
        return clocks.Fact(fact.at, "status", category=fact.value)  # type: ignore[arg-type]
    if fact.kind not in kinds:
        return None
    return clocks.Fact(fact.at, kinds[fact.kind], automatic=fact.value in {"bounce", "auto_reply"})


def test_conversations_reopen_merge_bounce_and_move(full: Operation) -> None:
    kinds = Counter(fact.kind for story in full.stories for fact in story.facts)
    automatic = Counter(
        fact.value for story in full.stories for fact in story.facts if fact.kind == "received"
    )
    reopened = sum(
        any(f.kind == "status" and f.value == "solved" for f in s.facts[:-2]) for s in full.stories
    )
    assert kinds["merged"] > 30
    assert kinds["team"] > 200
    assert reopened > 500
    assert automatic["bounce"] > 10
    assert automatic["auto_reply"] > 100
    assert 3 <= len(full.strays) <= 5
    for story in full.stories:
        for fact in story.facts:
            if fact.kind == "merged":
                assert full.stories[int(fact.value)].customer == story.customer


def test_a_week_of_a_few_tickets_is_possible() -> None:
    tiny = scenario.invent(now=NOW, tickets=20, days=7)
    assert len(tiny.stories) == 20
    assert tiny.start == datetime(2026, 11, 17, tzinfo=UTC)


def test_papers_are_what_they_say() -> None:
    assert picture(3).data.startswith(b"\x89PNG")
    assert paper("invoice", "").data.startswith(b"%PDF")
    assert len(picture(3).data) < 3_000
    assert len(paper("label", "").data) < 1_500


def test_newcomers_answer_fewer(small: Operation) -> None:
    newcomers = {person.number for person in small.staff if person.joined == NOW.date() - timedelta(days=45)}
    assert len(newcomers) == len(company.TEAMS)
    since = NOW - timedelta(days=45)
    count = Counter(f.by for s in small.stories for f in s.facts if f.kind == "replied" and f.at > since)
    agents = [
        person.number for person in small.staff if person.role == "agent" and person.name != company.ON_LEAVE
    ]
    others = [count[index] for index in agents if index not in newcomers]
    assert sum(count[index] for index in newcomers) / len(newcomers) < sum(others) / len(others)
