"""Turns stories into rows: replays all facts in the order of time, and keeps what each left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from careline.config.demo.ground import Ground
from careline.config.demo.records import NOBODY, Fact, Operation, Paper, Story
from careline.tickets.models import Category, Message, Ticket

PREVIEW = 160
RESTING = (Category.SOLVED, Category.CLOSED)


EVENT_COLUMNS = ("kind", "subject_kind", "subject_id", "at", "actor_id", "origin", "data")
MESSAGE_COLUMNS = (
    "id",
    "ticket_id",
    "kind",
    "text",
    "visible_text",
    "at",
    "author_id",
    "person_id",
    "channel",
    "subject",
    "automatic",
    "address",
    "version",
)
Row = tuple[Any, ...]


class Said(NamedTuple):
    """Who said something, and how it came."""

    author: int | None = None
    person: int | None = None
    channel: str = "email"
    subject: str = ""
    automatic: str = "none"
    address: str = ""


class Replay:
    """Everything the stories leave behind: tickets, messages, events, tags and papers."""

    def __init__(self, operation: Operation, ground: Ground) -> None:
        self.tickets: list[Ticket] = []
        self.messages: list[Row] = []
        self.events: list[Row] = []
        self.tags: set[tuple[int, int]] = set()
        self.papers: list[tuple[int, Paper]] = []
        self._operation = operation
        self._ground = ground
        self._next_message = ground.first_message
        self._acts: dict[str, Callable[[Ticket, Fact, Story], None]] = {
            "opened": self._opened,
            "received": self._received,
            "replied": self._replied,
            "noted": self._noted,
            "status": self._status,
            "assigned": self._assigned,
            "team": self._team,
            "priority": self._priority,
            "reason": self._reason,
            "tagged": self._tagged,
            "merged": self._merged,
        }

    def run(self) -> None:
        """Replay all facts, oldest first."""
        for story in self._operation.stories:
            self.tickets.append(self._ticket(story))
        for number, fact in self._in_order():
            ticket = self.tickets[number]
            ticket.changed_at = fact.at
            ticket.version += 1
            self._acts[fact.kind](ticket, fact, self._operation.stories[number])

    def _in_order(self) -> Iterator[tuple[int, Fact]]:
        # Sorting is stable, so facts of one ticket at one instant keep their order.
        everything = [(story.number, fact) for story in self._operation.stories for fact in story.facts]
        everything.sort(key=lambda pair: pair[1].at)
        yield from everything

    def _ticket(self, story: Story) -> Ticket:
        ground, buyer = self._ground, self._operation.customers[story.customer]
        firm = buyer.organisation
        return Ticket(
            pk=ground.first_ticket + story.number,
            brand_id=ground.brand,
            subject=story.subject,
            customer_id=ground.first_person + story.customer,
            organisation_id=None if firm == NOBODY else ground.first_organisation + firm,
            status_id=ground.statuses[Category.NEW],
            category=Category.NEW,
            priority=story.priority,
            team_id=ground.teams[story.team],
            channel=story.channel,
            language=story.language,
            opened_at=story.facts[0].at,
            changed_at=story.facts[0].at,
        )

    def _tell(self, kind: str, ticket: Ticket, fact: Fact, **data: Any) -> None:
        self.events.append((kind, "ticket", ticket.pk, fact.at, self._user(fact.by), "demo", data))

    def _user(self, number: int) -> int | None:
        return None if number == NOBODY else self._ground.users[number]

    def _message(self, kind: str, ticket: Ticket, fact: Fact, said: Said) -> int:
        pk = self._next_message
        self._next_message += 1
        text = f"{fact.text}\n\n{fact.quote}" if fact.quote else fact.text
        self.messages.append((pk, ticket.pk, kind, text, fact.text, fact.at, *said, ticket.version))
        ticket.message_count += 1
        if kind != Message.Kind.NOTE:
            ticket.preview = " ".join(fact.text.split())[:PREVIEW]
        if fact.paper:
            self.papers.append((pk, fact.paper))
        return pk

    def _address(self, story: Story) -> str:
        return self._operation.customers[story.customer].emails[0]

    def _opened(self, ticket: Ticket, fact: Fact, story: Story) -> None:
        opening = {"channel": story.channel, "by_customer": True, "automatic": False}
        self._tell("ticket.opened", ticket, fact, **opening)

    def _received(self, ticket: Ticket, fact: Fact, story: Story) -> None:
        first = ticket.message_count == 0
        said = Said(
            person=ticket.customer_id,
            channel=story.channel if first else "email",
            subject=story.subject if first else f"Re: {story.subject}",
            automatic=str(fact.value),
            address=self._address(story),
        )
        message = self._message(Message.Kind.IN, ticket, fact, said)
        if fact.value == "none":
            ticket.last_in_at = fact.at
            ticket.waiting_since = ticket.waiting_since or fact.at
        self._tell("ticket.received", ticket, fact, message=message, automatic=fact.value)

    def _replied(self, ticket: Ticket, fact: Fact, story: Story) -> None:
        subject = f"Re: {story.subject}"
        said = Said(author=self._user(fact.by), subject=subject, address=self._address(story))
        message = self._message(Message.Kind.OUT, ticket, fact, said)
        ticket.last_out_at = fact.at
        ticket.waiting_since = None
        self._tell("ticket.replied", ticket, fact, message=message)

    def _noted(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        message = self._message(Message.Kind.NOTE, ticket, fact, Said(author=self._user(fact.by)))
        self._tell("ticket.noted", ticket, fact, message=message)

    def _status(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        self._become(ticket, fact, Category(str(fact.value)))

    def _become(self, ticket: Ticket, fact: Fact, category: Category) -> None:
        old_status, old = ticket.status_id, ticket.category
        ticket.category = category
        ticket.status_id = self._ground.statuses[category]
        if category in RESTING:
            ticket.waiting_since = None
        elif old in RESTING:
            ticket.reopens += 1
        ticket.solved_at = (ticket.solved_at or fact.at) if category in RESTING else None
        ticket.closed_at = fact.at if category == Category.CLOSED else None
        data = {"old": old_status, "new": ticket.status_id, "old_category": old, "category": category.value}
        self._tell("ticket.status_changed", ticket, fact, **data)

    def _assigned(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        old, ticket.assignee_id = ticket.assignee_id, self._user(int(fact.value))
        new = ticket.assignee_id
        self._tell("ticket.assigned", ticket, fact, old=old, new=new, to=new)

    def _team(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        old, ticket.team_id = ticket.team_id, self._ground.teams[str(fact.value)]
        self._tell("ticket.team_changed", ticket, fact, old=old, new=ticket.team_id)

    def _priority(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        old, ticket.priority = ticket.priority, int(fact.value)
        self._tell("ticket.priority_changed", ticket, fact, old=old, new=ticket.priority)

    def _reason(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        old, ticket.reason_id = ticket.reason_id, self._ground.reasons[str(fact.value)]
        self._tell("ticket.reason_changed", ticket, fact, old=old, new=ticket.reason_id)

    def _tagged(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        tag = self._ground.tags[str(fact.value)]
        self.tags.add((ticket.pk, tag))
        self._tell("ticket.tagged", ticket, fact, tag=tag)

    def _merged(self, ticket: Ticket, fact: Fact, _story: Story) -> None:
        ticket.merged_into_id = self._ground.first_ticket + int(fact.value)
        self._tell("ticket.merged", ticket, fact, into=ticket.merged_into_id)
        self._become(ticket, fact, Category.CLOSED)
