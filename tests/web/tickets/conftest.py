"""A desk with some work on it, seen in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from careline.core import files
from careline.core.models import User
from careline.tickets import actions
from careline.tickets.models import Ticket
from careline.tickets.said import NewFile, NewMessage
from tests.make import make_person, make_policy, make_reason, make_team, make_ticket, make_user
from tests.real.browser import DESKTOP

ALLOWED = (
    "tickets.see",
    "tickets.edit",
    "tickets.reply",
    "tickets.create",
    "customers.see",
    "views.share",
    "health.see",
)


@dataclass(frozen=True)
class Desk:
    """Ben's desk: three conversations of his, the oldest with everything in it."""

    ben: User
    tickets: list[Ticket]
    cookie: str
    url: str


@pytest.fixture
def desk(transactional_db: None, live_server: Any) -> Desk:
    actions.make_default_statuses()
    actions.make_default_views()
    ben = make_user(*ALLOWED, signature="Ben, Lumen Lamps")
    make_user("tickets.see", "tickets.reply", name="Cleo Marin")
    team, policy = make_team(ben, name="Billing"), make_policy("Everybody", now=timezone.now())
    make_reason("Refund")
    now = timezone.now() - timedelta(hours=3)
    tickets = [
        make_ticket(
            f"Lamp {number}",
            "It does not shine.",
            customer=make_person(f"Ada {number}", f"ada{number}@example.org", vip=number == 0),
            team=team,
            assignee=ben,
            priority=4 - number,
            now=now + timedelta(hours=number),
        )
        for number in range(3)
    ]
    assert policy.active
    _fill(tickets[0], ben)
    client = Client()
    client.force_login(ben)
    return Desk(ben, tickets, client.cookies[settings.SESSION_COOKIE_NAME].value, live_server.url)


def _fill(ticket: Ticket, ben: User) -> None:
    now = ticket.opened_at
    picture = SimpleUploadedFile("lamp.png", b"\x89PNG", content_type="image/png")
    kept = files.store(picture.read(), now=now)
    quoted = NewMessage(
        text="Thanks.\n\nOn Monday you wrote:\n> words",
        visible_text="Thanks.",
        files=[NewFile("a rather long name of a picture of a lamp.png", "image/png", 4, kept)],
    )
    actions.add_note(ticket=ticket, message=NewMessage(text="Call her."), actor=ben, now=now)
    actions.reply(ticket=ticket, message=NewMessage(text="We look into it."), actor=ben, now=now)
    actions.receive_message(ticket=ticket, message=quoted, now=now + timedelta(minutes=1))
    away = NewMessage(text="Away.", automatic="auto_reply", address="ada0@example.org")
    actions.receive_message(ticket=ticket, message=away, now=now + timedelta(minutes=2))
    for number in range(5):
        actions.add_tag(ticket=ticket, name=f"tag {number}", actor=ben, now=now + timedelta(minutes=3))


@pytest.fixture
def visit(desk: Desk, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Give a function that opens an address as Ben."""

    def open_it(path: str, size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
        page = new_page(size, reduced_motion="reduce", **options)
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": desk.cookie, "url": desk.url}]
        )
        page.goto(f"{desk.url}{path}")
        return page

    return open_it
