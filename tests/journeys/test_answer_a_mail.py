"""From nothing to an answered customer: a fresh installation, real mail servers, a browser."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from playwright.sync_api import Page, expect

from tests.real.browser import axe_violations
from tests.real.careline import Careline
from tests.real.dovecot import Dovecot
from tests.real.ports import wait_until
from tests.real.smtp import Received, SmtpSink

DESK, ADA = "help@lumen.example", "ada@example.org"
PASSWORD = "walnut carriage seven"
SOON = 30_000  # the mailbox is looked at every few seconds

pytestmark = pytest.mark.slow


def letter(subject: str, text: str, *, answers: str = "", references: str = "") -> EmailMessage:
    """A mail from Ada, perhaps the answer to another one."""
    mail = EmailMessage()
    mail["From"] = f"Ada Bremer <{ADA}>"
    mail["To"] = DESK
    mail["Subject"] = subject
    mail["Message-ID"] = make_msgid(domain="example.org")
    if answers:
        mail["In-Reply-To"] = answers
        mail["References"] = f"{references} {answers}".strip()
    mail.set_content(text)
    return mail


def set_up(page: Page, careline: Careline, dovecot: Dovecot, sink: SmtpSink) -> None:
    """Go through the first-run pages with a mailbox that works."""
    page.goto(careline.url)
    page.get_by_text("Set up my desk").click()
    page.get_by_label("Your name").fill("Ida Holm")
    page.get_by_label("Your mail address").fill("ida@lumen.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name that customers see").fill("Lumen Lamps")
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile("/start/desk/hours/$"))
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile("/start/desk/mailbox/$"))
    page.get_by_label("Address that customers write to").fill(DESK)
    page.get_by_label("IMAP server").fill(dovecot.host)
    page.locator("[name=imap_port]").fill(str(dovecot.port))
    page.locator("[name=imap_security]").select_option("none")
    page.get_by_role("textbox", name="User").fill(DESK)
    page.get_by_role("textbox", name="Password").fill(dovecot.password)
    page.get_by_label("SMTP server for sending").fill(sink.host)
    page.locator("[name=smtp_port]").fill(str(sink.port))
    page.locator("[name=smtp_security]").select_option("none")
    page.get_by_label("The SMTP server wants the same user").uncheck()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator("#tried .callout[data-kind=met]")).to_have_count(2, timeout=SOON)
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile("/start/desk/team/$"))
    page.get_by_role("button", name="Leave this for later").click()
    expect(page.locator(".brand-name")).to_have_text("Lumen Lamps")


def sent_to(sink: SmtpSink, address: str) -> list[Received]:
    return [mail for mail in sink.messages if address in mail.recipients]


def test_a_customer_writes_is_answered_and_writes_again(
    careline_server: Careline, dovecot: Dovecot, smtp_sink: SmtpSink, page: Page
) -> None:
    set_up(page, careline_server, dovecot, smtp_sink)
    page.goto(f"{careline_server.url}/inbox/?view=unassigned")
    expect(page.get_by_text("Your first conversation will be here")).to_be_visible()
    assert axe_violations(page) == []

    # A customer writes. The open page says so, and an empty list fills by itself: nothing can jump.
    first = letter("My lamp flickers", "It flickers at night.\n\nAda")
    dovecot.put(DESK, first.as_bytes())
    row = page.locator("tbody tr")
    expect(row).to_contain_text("My lamp flickers", timeout=SOON)
    expect(page.locator(".tabs a", has_text="Unassigned")).to_contain_text("1")
    expect(row).to_contain_text("Ada Bremer")

    # The agent answers by keyboard.
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#talk")).to_contain_text("It flickers at night.")
    page.keyboard.press("r")
    page.keyboard.type("Which bulb is in it?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message[data-kind=out]")).to_contain_text("Which bulb is in it?")
    wait_until(lambda: bool(sent_to(smtp_sink, ADA)), what="the answer in Ada's mailbox", seconds=30)
    expect(page.locator(".message-state")).to_contain_text("Sent", timeout=SOON)

    # It is an answer to her mail, and leads back into the conversation.
    answer = sent_to(smtp_sink, ADA)[-1].message
    assert answer["In-Reply-To"] == first["Message-ID"]
    assert first["Message-ID"] in answer["References"]
    assert answer["Subject"].startswith("Re: My lamp flickers")
    assert DESK in answer["From"]
    assert "Which bulb is in it?" in answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    # She answers that; the open page shows it without touching what is being typed.
    ticket = page.url
    page.get_by_label("Your words").fill("While I think of it")
    second = letter(
        "Re: My lamp flickers",
        "An Elva bulb.\n\nOn Monday Lumen Lamps wrote:\n> Which bulb is in it?",
        answers=answer["Message-ID"],
        references=first["Message-ID"],
    )
    dovecot.put(DESK, second.as_bytes())
    expect(page.locator("#talk")).to_contain_text("An Elva bulb.", timeout=SOON)
    expect(page.get_by_label("Your words")).to_have_value("While I think of it")
    expect(page.locator(".message[data-kind=in]")).to_have_count(2)

    # Sending now would miss it, so it is shown first.
    page.keyboard.press("Control+Shift+Enter")
    expect(page.get_by_role("alert")).to_contain_text("An Elva bulb.")
    page.get_by_role("button", name="Send anyway").click()
    wait_until(lambda: len(sent_to(smtp_sink, ADA)) == 2, what="the second answer", seconds=30)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("s")
    expect(page.locator("#ticket-bar .pill").first).to_contain_text("Solved")
    last = sent_to(smtp_sink, ADA)[-1].message
    assert last["In-Reply-To"] == second["Message-ID"]

    # One conversation, not two; and Today knows of it.
    page.goto(f"{careline_server.url}/inbox/?view=everything")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{careline_server.url}/today/")
    expect(page.get_by_role("heading", name="The day so far")).to_be_visible()
    solved = page.locator(".figure", has=page.get_by_role("link", name="Solved today"))
    expect(solved.locator(".figure-value")).to_have_text("1")
    assert axe_violations(page) == []
    page.goto(ticket)
    assert axe_violations(page) == []
