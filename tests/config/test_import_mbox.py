"""An mbox becomes conversations: threaded, at their own dates, once, with what we wrote as answers."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from typer.testing import CliRunner, Result

from careline.channels.actions import store_mail, take_in
from careline.channels.models import Mailbox, MailId, Outgoing, RawMail
from careline.config.cli import app
from careline.core import files
from careline.core.models import Event, Job
from careline.tickets.models import Attachment, Message, Ticket
from tests.make import make_brand, make_team, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    (tmp_path / "var").mkdir()
    monkeypatch.setattr(settings, "VAR", tmp_path / "var")
    return Mailbox.objects.create(
        name="Help",
        address="help@lumen.example",
        aliases=["service@lumen.example"],
        team=make_team(name="Desk"),
        brand=make_brand(),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def mail(
    number: int, *, sender: str = "Ada <ada@example.org>", to: str = "help@lumen.example", **over: str
) -> str:
    """One mail; `answers` names the number it answers, `day` is in January."""
    day = int(over.pop("day", "5"))
    answers = over.pop("answers", "")
    head = {
        "From": sender,
        "To": to,
        "Subject": over.pop("subject", "Broken lamp"),
        "Message-ID": f"<m{number}@example.org>",
        "Date": f"{datetime(2026, 1, day, 9, number % 60, tzinfo=UTC):%a, %d %b %Y %H:%M:%S +0000}",
    }
    if answers:
        head["In-Reply-To"] = f"<m{answers}@example.org>"
    body = over.pop("body", f"Words {number}")
    lines = "\n".join(f"{name}: {value}" for name, value in (head | over).items() if value)
    return f"From somebody Mon Jan  5 09:00:00 2026\n{lines}\n\n{body}\n\n"


def bring(folder: Path, *mails: str | bytes, options: tuple[str, ...] = (), name: str = "old.mbox") -> Result:
    content = b"".join(one if isinstance(one, bytes) else one.encode() for one in mails)
    (folder / name).write_bytes(content)
    words = ["import", "mbox", str(folder / name), "--mailbox", "help@lumen.example", *options]
    with time_machine.travel(NOW, tick=False):
        return CliRunner().invoke(app, words)


def facts(done: Result) -> dict[str, Any]:
    assert done.exit_code in {0, 3}, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


TALK = (
    mail(1),
    mail(
        2,
        sender="Help <service@lumen.example>",
        to="Ada <ada@example.org>",
        answers="1",
        subject="Re: Broken lamp",
    ),
    mail(3, answers="2", subject="Re: Broken lamp"),
    mail(4, sender="Carl <carl@example.org>", subject="Another matter", day="19"),
)


def test_mails_that_name_each_other_are_one_conversation(folder: Path) -> None:
    done = facts(bring(folder, *TALK, options=("--json",)))
    assert (done["tickets"], done["messages"], done["skipped"]) == (2, 4, 0)
    lamp, other = Ticket.objects.order_by("opened_at")
    assert (lamp.subject, lamp.customer.name, lamp.message_count) == ("Broken lamp", "Ada", 3)
    assert (lamp.team.name, lamp.brand.name, lamp.channel, lamp.imported) == ("Desk", "Lumen", "email", True)
    assert [one.kind for one in lamp.messages.order_by("at")] == ["in", "out", "in"]
    assert lamp.opened_at == datetime(2026, 1, 5, 9, 1, tzinfo=UTC)
    assert other.subject == "Another matter"


def test_the_order_of_the_file_does_not_matter(folder: Path) -> None:
    bring(folder, *reversed(TALK))
    lamp = Ticket.objects.get(subject="Broken lamp")
    assert [one.visible_text.strip() for one in lamp.messages.order_by("at")] == [
        "Words 1",
        "Words 2",
        "Words 3",
    ]
    events = Event.objects.filter(subject_id=lamp.pk, subject_kind="ticket").order_by("at", "id")
    assert events[0].kind == "ticket.opened"
    assert {event.origin for event in events} == {"import"}


def test_old_conversations_are_solved_and_young_ones_wait_for_whom_they_wait(folder: Path) -> None:
    answered = (
        mail(11, sender="Dan <dan@example.org>", day="18"),
        mail(12, sender="help@lumen.example", to="dan@example.org", answers="11", day="19"),
    )
    bring(folder, *TALK, *answered)
    states = {
        ticket.customer.name or "": ticket.category for ticket in Ticket.objects.select_related("customer")
    }
    assert states == {"Ada": "solved", "Carl": "open", "Dan": "waiting"}
    assert Ticket.objects.get(category="open").waiting_since == datetime(2026, 1, 19, 9, 4, tzinfo=UTC)


def test_an_answer_is_of_the_agent_who_wrote_it(folder: Path) -> None:
    ben = make_user(email="ben@careline.example", name="Ben")
    bring(folder, mail(1), mail(2, sender="Ben <ben@careline.example>", to="ada@example.org", answers="1"))
    out = Message.objects.get(kind="out")
    assert (out.author, out.address) == (ben, "ada@example.org")


def test_what_an_agent_wrote_to_nobody_outside_is_a_note(folder: Path) -> None:
    make_user(email="ben@careline.example", name="Ben")
    bring(folder, mail(1), mail(2, sender="ben@careline.example", answers="1"))
    assert [one.kind for one in Message.objects.order_by("at")] == ["in", "note"]


def test_a_conversation_that_we_began_belongs_to_whom_we_wrote(folder: Path) -> None:
    bring(folder, mail(1, sender="help@lumen.example", to="Eva <eva@example.org>"))
    ticket = Ticket.objects.get()
    assert (ticket.customer.name, ticket.opened_by_customer) == ("Eva", False)


def test_a_second_run_and_a_longer_file_bring_nothing_twice(folder: Path) -> None:
    bring(folder, *TALK[:2])
    again = facts(bring(folder, *TALK, options=("--json",)))
    assert (again["tickets"], again["messages"], again["already_in"]) == (1, 2, 2)
    lamp = Ticket.objects.get(subject="Broken lamp")
    assert (lamp.message_count, lamp.last_in_at) == (3, datetime(2026, 1, 5, 9, 3, tzinfo=UTC))
    third = facts(bring(folder, *TALK, options=("--json",)))
    assert (third["tickets"], third["messages"], third["already_in"]) == (0, 0, 4)


def test_the_same_mail_in_two_folders_is_one(folder: Path) -> None:
    bring(folder, TALK[0], TALK[0].replace("Subject:", "X-Folder: Sent\nSubject:"))
    assert Message.objects.count() == 1


def test_what_comes_live_later_joins_and_is_not_taken_twice(folder: Path, desk: Mailbox) -> None:
    bring(folder, *TALK)
    original = TALK[3].partition("\n")[2].rstrip("\n") + "\n"
    for raw in (original, mail(5, sender="Carl <carl@example.org>", answers="4").partition("\n")[2]):
        kept = store_mail(mailbox=desk, raw=raw.encode(), via="imap", received_at=NOW)
        take_in(raw_mail_id=kept.pk, now=NOW)
    other = Ticket.objects.get(subject="Another matter")
    assert other.message_count == 2
    assert Ticket.objects.count() == 2


def test_originals_files_and_ids_are_kept(folder: Path) -> None:
    body = (
        "--x\nContent-Type: text/plain\n\nSee the file.\n--x\nContent-Type: application/pdf\n"
        'Content-Disposition: attachment; filename="bill.pdf"\n'
        "Content-Transfer-Encoding: base64\n\nJVBERi0=\n--x--"
    )
    bring(
        folder, mail(1, body=body, **{"MIME-Version": "1.0", "Content-Type": "multipart/mixed; boundary=x"})
    )
    attachment = Attachment.objects.get()
    assert (attachment.name, files.read(attachment.file)) == ("bill.pdf", b"%PDF-")
    raw = RawMail.objects.get()
    assert (raw.state, raw.outcome, raw.via) == ("done", "new", "file")
    assert files.read(raw.file).startswith(b"From: Ada <ada@example.org>")
    assert MailId.objects.get().mail_id == "m1@example.org"


def test_a_line_that_begins_with_from_is_no_mail(folder: Path) -> None:
    bring(folder, mail(1, body="Hello\n\n>From here on\n>>From there\nFrom inside a paragraph"))
    text = Message.objects.get().text
    assert text.strip() == "Hello\n\nFrom here on\n>From there\nFrom inside a paragraph"


def test_nothing_is_sent_and_nothing_queued(folder: Path) -> None:
    Mailbox.objects.update(acknowledge=True, outbound={"host": "localhost"})
    bring(folder, *TALK)
    assert not Outgoing.objects.exists()
    assert not Job.objects.exists()


def test_what_only_a_machine_said_opens_nothing(folder: Path) -> None:
    away = mail(1, **{"Auto-Submitted": "auto-replied"})
    done = facts(
        bring(
            folder,
            away,
            mail(2),
            mail(3, answers="2", **{"Auto-Submitted": "auto-replied"}),
            options=("--json",),
        )
    )
    assert (done["tickets"], done["messages"]) == (1, 2)
    assert done["first_skipped"][0]["reason"] == "an automatic mail that answers nothing"


def test_what_cannot_be_used_is_told(folder: Path) -> None:
    undated = mail(1, Date="", sender="x <x@example.org>").replace(
        "From somebody Mon Jan  5 09:00:00 2026", "From x"
    )
    future = mail(2, Date="Mon, 5 Jan 2099 09:00:00 +0000").replace("09:00:00 2026", "09:00:00 2099", 1)
    ours = mail(3, sender="help@lumen.example", to="service@lumen.example")
    done = facts(bring(folder, undated, future, ours, mail(4, From=""), mail(5), options=("--json",)))
    assert done["tickets"] == 1
    assert {one["reason"] for one in done["first_skipped"]} == {
        "has no date",
        "nobody outside takes part",
        "names no sender",
    }


def test_a_date_that_cannot_be_read_is_taken_from_the_line_before(folder: Path) -> None:
    bring(folder, mail(1, Date="some day"))
    assert Ticket.objects.get().opened_at == datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_dry_run_writes_nothing(folder: Path) -> None:
    dry = facts(bring(folder, *TALK, options=("--dry-run", "--json")))
    assert not Ticket.objects.exists()
    assert not RawMail.objects.exists()
    wet = facts(bring(folder, *TALK, options=("--json",)))
    assert [dry[key] for key in ("tickets", "messages", "events")] == [
        wet[key] for key in ("tickets", "messages", "events")
    ]


def test_a_packed_file_is_read(folder: Path) -> None:
    packed = gzip.compress("".join(TALK).encode())
    assert facts(bring(folder, packed, options=("--json",), name="old.mbox.gz"))["tickets"] == 2


@pytest.mark.parametrize("content", [b"", b"Not a mailbox\n", b"\x00" * 100])
def test_what_is_no_mbox_is_refused(folder: Path, content: bytes) -> None:
    done = bring(folder, content)
    assert done.exit_code == 1
    assert "This is not an mbox file" in done.output


def test_an_unknown_mailbox_is_refused_with_the_known_ones(folder: Path) -> None:
    (folder / "old.mbox").write_text(TALK[0])
    done = CliRunner().invoke(
        app, ["import", "mbox", str(folder / "old.mbox"), "--mailbox", "nobody@example.org"]
    )
    assert done.exit_code == 1
    assert "There is no mailbox nobody@example.org. Mailboxes: help@lumen.example." in done.output


def test_a_long_mbox_is_read_in_reasonable_time(folder: Path) -> None:
    many = [mail(number, subject=f"Matter {number}", day=str(1 + number % 19)) for number in range(120)]
    begun = datetime.now(UTC)
    assert facts(bring(folder, *many, options=("--json",)))["tickets"] == 120
    assert datetime.now(UTC) - begun < timedelta(seconds=30)
