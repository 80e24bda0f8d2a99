"""One ticket while it is being played: its state, and the facts it has left behind so far."""

from __future__ import annotations

from careline.config.demo.records import NOBODY, Customer, Fact, FactKind, Paper, Story
from careline.config.demo.talk import Voice, moment, quoted
from careline.config.demo.texts import Scenario

RESTING = ("solved", "closed")


class Case:
    """A ticket in play. Instants are whole seconds since 1970."""

    __slots__ = (
        "asked_at",
        "channel",
        "checked",
        "customer",
        "facts",
        "first_priority",
        "first_team",
        "language",
        "last_out",
        "merged",
        "number",
        "opened",
        "owner",
        "priority",
        "questions",
        "reopened",
        "scenario",
        "status",
        "subject",
        "team",
        "turn",
        "twin_of",
        "voice",
    )

    def __init__(
        self, number: int, *, opened: int, scenario: Scenario, customer: Customer, voice: Voice
    ) -> None:
        self.number = number
        self.opened = opened
        self.scenario = scenario
        self.customer = customer
        self.voice = voice
        self.language = customer.language
        self.team = self.first_team = scenario.team
        self.priority = self.first_priority = max(scenario.priority, 3 if customer.vip else 1)
        self.subject = voice.subject()
        self.channel = "email"
        self.status = "new"
        self.owner = NOBODY
        self.asked_at = opened  # since when the customer waits for us; 0 when not
        self.turn = 0  # grows with everything the customer says; what was planned before is void
        self.questions = 0
        self.checked = False
        self.reopened = 0
        self.merged = False
        self.last_out: tuple[str, int] = ("", 0)
        self.twin_of: Case | None = None
        self.facts: list[Fact] = []

    def note_fact(
        self, kind: FactKind, at: int, by: int = NOBODY, value: str | int = "", text: str = ""
    ) -> None:
        """Append one fact."""
        self.facts.append(Fact(kind, moment(at), by, value, text))

    def open(self, *, by: int = NOBODY, paper: Paper | None = None) -> None:
        """Begin: the ticket and the customer's first message."""
        self.note_fact("opened", self.opened, by, self.channel)
        text = self.voice.opening(self.channel)
        self.facts.append(Fact("received", moment(self.opened), by, "none", text, paper=paper))

    def become(self, status: str, at: int, by: int = NOBODY) -> None:
        """Change the status, if that is a change."""
        if status != self.status:
            self.status = status
            self.note_fact("status", at, by, status)

    def take(self, agent: int, at: int) -> None:
        """Let an agent take the ticket and begin."""
        if self.owner != agent:
            self.owner = agent
            self.note_fact("assigned", at, agent, agent)
        if self.status == "new":
            self.become("open", at, agent)

    def hear(self, text: str, at: int, *, quote: bool = False, paper: Paper | None = None) -> None:
        """Let the customer say something; it opens what was resting."""
        ours, when = self.last_out
        tail = quoted(ours, when, self.language) if quote and ours else ""
        self.facts.append(Fact("received", moment(at), NOBODY, "none", text, tail, paper))
        self.turn += 1
        self.asked_at = self.asked_at or at
        if self.status in RESTING:
            self.reopened += 1
        if self.status != "new":
            self.become("open", at)

    def say(self, text: str, at: int, by: int, *, paper: Paper | None = None) -> None:
        """Let an agent answer the customer."""
        self.facts.append(Fact("replied", moment(at), by, "", text, "", paper))
        self.last_out = (text, at)
        self.asked_at = 0

    def story(self, now: int) -> Story:
        """Return what had happened by `now`."""
        end = moment(now)
        facts = self.facts
        if facts and facts[-1].at > end:
            facts = [fact for fact in facts if fact.at <= end]
        return Story(
            number=self.number,
            customer=self.customer.number,
            email=self.customer.emails[self.number % len(self.customer.emails)],
            subject=self.subject,
            channel=self.channel,
            language=self.language,
            team=self.first_team,
            priority=self.first_priority,
            scenario=self.scenario.key,
            facts=tuple(facts),
        )
