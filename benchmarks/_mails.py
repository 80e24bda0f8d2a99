"""A thousand mails as a desk gets them: plain, HTML with quotations, with files, and answers."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

COUNT = 1_000
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)  # recent: old mail is not acknowledged
CUSTOMERS = 500  # most conversations begin with somebody new
TEXT = "The lamp that I bought in May does not shine any more.\nI have tried another bulb.\n\n"
QUOTE = (
    "On Mon, 2 Mar 2026 at 08:00, Care <care@desk.test> wrote:\n> Dear customer,\n> " + "please try it. " * 30
)
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def write(folder: Path, count: int = COUNT) -> None:
    """Write the mails as files, in the order in which they come."""
    for number in range(count):
        (folder / f"{number:05}.eml").write_bytes(mail(number).as_bytes())


def mail(number: int) -> EmailMessage:
    """Return one mail: of five, two are answers to the last first mail."""
    answers = number % 5 in (2, 4)
    first = number if not answers else number - (number % 5 if number % 5 == 2 else 1)
    one = EmailMessage()
    customer = first % CUSTOMERS
    one["From"] = f"Customer {customer} <customer{customer}@shop{customer % 7}.test>"
    one["To"] = "Care <care@desk.test>"
    one["Subject"] = f"{'Re: ' if answers else ''}Lamp {first}"
    one["Date"] = format_datetime(START + timedelta(minutes=number))
    one["Message-ID"] = f"<{number}@shop.test>"
    if answers:
        one["In-Reply-To"] = f"<{first}@shop.test>"
        one["References"] = f"<{first}@shop.test>"
    one.set_content(f"{TEXT}It is number {number}.\n\n" + (QUOTE if answers else ""))
    _dress(one, number, answers)
    return one


def _dress(one: EmailMessage, number: int, answers: bool) -> None:
    """Give two of three mails HTML, and every fourth a file."""
    if number % 3:
        quoted = f'<div class="gmail_quote"><blockquote>{"<p>Please try it.</p>" * 30}</blockquote></div>'
        rows = "".join(f"<tr><td>{cell}</td><td>Lamp</td></tr>" for cell in range(20))
        markup = f"<p>{TEXT}</p><p>It is number {number}.</p><table>{rows}</table>{quoted if answers else ''}"
        one.add_alternative(f"<html><body>{markup}</body></html>", subtype="html")
    if number % 4 == 0:
        content = f"bill {number} ".encode() * 4_000
        one.add_attachment(content, maintype="application", subtype="pdf", filename=f"bill-{number}.pdf")
        one.add_attachment(PICTURE, maintype="image", subtype="png", filename="logo.png")
