"""The pages about mail in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from careline.channels.models import Mailbox
from tests.channels.make_mail import make_mailbox, make_ticket, owe
from tests.make import make_admin
from tests.real.browser import PHONE, axe_violations
from tests.web.channels.test_stuck_mail_screens import failed, held

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def enter(live_server: object, new_page: Callable[..., Page]) -> Callable[..., Page]:
    """Give a function that opens a page as an administrator."""
    from careline.core import settings as choices

    choices.put("operation.ready", True)
    client = Client()
    client.force_login(make_admin())

    def open_as_ida(**options: object) -> Page:
        page = new_page(**options)
        name = "sessionid"
        page.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": str(live_server)}]
        )
        return page

    return open_as_ida


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible(live_server: object, enter: Callable[..., Page], theme: str) -> None:
    mailbox = make_mailbox(problem="imap.lumen.example refuses connections on port 993.")
    held(mailbox)
    failed(mailbox)
    owe(make_ticket(mailbox))
    pages = ("", "new/", "new/?provider=other", f"{mailbox.pk}/", "quarantine/", "outbox/")
    for size in ((1280, 800), PHONE):
        page = enter(size=size, color_scheme=theme)
        for path in pages:
            page.goto(f"{live_server}/setup/channels/{path}")
            assert axe_violations(page) == [], path
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} is wider than the window"


def test_a_mailbox_is_tried_and_kept_without_leaving_the_page(
    live_server: object, enter: Callable[..., Page]
) -> None:
    page = enter()
    page.goto(f"{live_server}/setup/channels/")
    page.get_by_role("link", name="Set up a mailbox").click()
    page.get_by_role("link", name="Our own mail server").click()
    page.get_by_label("Address that customers write to").fill("help@lumen.example")
    page.get_by_label("SMTP server for sending").fill("nowhere.invalid")
    expect(page.get_by_label("IMAP server")).to_be_hidden()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#tried")).to_contain_text("There is no server called nowhere.invalid")
    page.get_by_label("OAuth (Google, Microsoft)").check()
    expect(page.get_by_label("Refresh token")).to_be_visible()
    expect(page.get_by_label("Password", exact=True)).to_be_hidden()
    page.get_by_label("User and password").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("help@lumen.example is kept.")).to_be_visible()
    assert Mailbox.objects.get().outbound["host"] == "nowhere.invalid"


def test_discarding_is_undone_from_the_message(live_server: object, enter: Callable[..., Page]) -> None:
    mail = held(make_mailbox())
    page = enter()
    page.goto(f"{live_server}/setup/channels/quarantine/")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The quarantine is empty")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The mail took too long to read")).to_be_visible()
    mail.refresh_from_db()
    assert mail.state == "quarantined"
