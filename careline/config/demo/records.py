"""What an invented operation consists of: plain, frozen records that know no database."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

NOBODY = -1  # the customer, or Careline itself

FactKind = Literal[
    "opened",
    "received",
    "replied",
    "noted",
    "status",
    "assigned",
    "team",
    "priority",
    "reason",
    "tagged",
    "merged",
]


class Team(NamedTuple):
    """A group of agents, seated mostly at one site."""

    key: str
    name: str
    site: str
    zone: str


class Staff(NamedTuple):
    """One person who signs in; `team` is empty for those who lead the whole."""

    number: int
    name: str
    email: str
    role: str
    team: str
    site: str
    zone: str
    lead: bool
    joined: date
    speed: float  # handling time compared with an ordinary agent; 1.2 is a fifth slower


class Organisation(NamedTuple):
    """A company that buys from the shop."""

    number: int
    name: str
    domain: str


class Customer(NamedTuple):
    """One buyer; the first of the addresses is the one written to."""

    number: int
    first: str
    last: str
    language: str
    emails: tuple[str, ...]
    phone: str  # E.164, or empty
    city: str
    street: str
    zone: str
    organisation: int  # NOBODY: a private person
    vip: bool
    since: datetime


class Paper(NamedTuple):
    """A small file that came with, or went with, a message."""

    name: str
    type: str
    data: bytes


class Fact(NamedTuple):
    """One thing that happened to a ticket.

    `value` is, by kind: opened: channel; received: "none", "auto_reply" or "bounce"; status: category;
    assigned: index of the person or NOBODY; team: its key; priority: 1..4; reason: path; tagged: tag;
    merged: index of the ticket that goes on.
    """

    kind: FactKind
    at: datetime
    by: int = NOBODY
    value: str | int = ""
    text: str = ""
    quote: str = ""  # what a customer's mail quotes below the text
    paper: Paper | None = None


class Story(NamedTuple):
    """One ticket: how it began, and everything that happened to it, oldest first."""

    number: int
    customer: int
    email: str
    subject: str
    channel: str
    language: str
    team: str
    priority: int
    scenario: str
    facts: tuple[Fact, ...]


class StrayMail(NamedTuple):
    """A mail that could not be read and waits in quarantine."""

    received_at: datetime
    sender: str
    subject: str
    raw: bytes
    problem: str


class Operation(NamedTuple):
    """Everything that was invented."""

    company: str
    start: datetime
    now: datetime
    teams: tuple[Team, ...]
    staff: tuple[Staff, ...]
    organisations: tuple[Organisation, ...]
    customers: tuple[Customer, ...]
    stories: tuple[Story, ...]
    strays: tuple[StrayMail, ...]
