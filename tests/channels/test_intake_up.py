"""Mail in a running Careline: its own processes, real sockets, and processes that are killed on the way."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.channels.arriving import letter
from tests.config.conftest import inside, pid_of
from tests.real.careline import Careline, installation, running
from tests.real.dovecot import Dovecot
from tests.real.ports import answers, free_port, wait_until

SET_UP = """
from careline.channels.keys import seal
from careline.channels.models import Mailbox
from careline.core.models import Brand
brand = Brand.objects.create(name="Lumen", token="Lumen")
Mailbox.objects.create(name="Care", address="care@desk.test", brand=brand, inbound={"kind": "smtp"})
Mailbox.objects.create(
    name="Box", address="box@desk.test", brand=brand, secret=seal({"password": PASSWORD}),
    inbound={"kind": "imap", "host": "127.0.0.1", "port": PORT, "security": "none", "user": "box@desk.test"},
)
answer = None
"""
COUNTS = """
from careline.channels.models import RawMail
from careline.channels.queries import intake_counts
from careline.tickets.models import Message, Ticket
counts = intake_counts()
answer = {
    "received": counts.received, "waiting": counts.waiting, "done": counts.done, "adds_up": counts.adds_up,
    "tickets": Ticket.objects.count(), "messages": Message.objects.count(),
    "subjects": sorted(Ticket.objects.values_list("subject", flat=True)),
}
"""


@pytest.fixture(scope="module")
def smtp_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def careline(dovecot: Dovecot, smtp_port: int) -> Iterator[Careline]:
    with installation(CARELINE_SMTP_PORT=str(smtp_port)) as one:
        one.run("migrate")
        inside(one, SET_UP.replace("PASSWORD", repr(dovecot.password)).replace("PORT", str(dovecot.port)))
        with running(one):
            yield one


def counted(careline: Careline) -> dict:
    return inside(careline, COUNTS)


def send(port: int, raw: bytes) -> bool:
    """Send as other servers do: what was not accepted is sent again."""
    with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", port, timeout=5) as connection:
        connection.sendmail("anna@shop.test", ["care@desk.test"], raw)
        return True
    return False


@pytest.mark.slow
def test_mail_that_comes_while_the_part_is_killed_again_and_again_is_all_there_once(
    careline: Careline, smtp_port: int
):
    wait_until(lambda: answers(smtp_port), what="the listener")
    mails = [letter(f"Mail {number}", subject=f"Matter {number:03}") for number in range(90)]
    for number, raw in enumerate(mails):
        if number % 30 == 15:
            os.kill(pid_of(careline, "mail"), signal.SIGKILL)
        limit = time.monotonic() + 30
        while not send(smtp_port, raw):
            assert time.monotonic() < limit
            time.sleep(0.1)
    wait_until(lambda: counted(careline)["waiting"] == 0, what="taking in", seconds=60)
    found = counted(careline)
    assert found["subjects"] == [f"Matter {number:03}" for number in range(90)]
    assert (found["received"], found["done"], found["messages"]) == (90, 90, 90)
    assert found["adds_up"]


@pytest.mark.slow
def test_a_mail_in_a_mailbox_is_a_conversation_seconds_later(careline: Careline, dovecot: Dovecot):
    before = counted(careline)["tickets"]
    dovecot.put("box@desk.test", letter("Over IMAP.", subject="Over IMAP"))
    wait_until(lambda: counted(careline)["tickets"] == before + 1, what="the conversation", seconds=20)
    assert "Over IMAP" in counted(careline)["subjects"]


@pytest.mark.slow
def test_files_are_delivered_from_the_command_line(careline: Careline, tmp_path: Path):
    (tmp_path / "a.eml").write_bytes(letter("From a file.", subject="From a file"))
    (tmp_path / "b.eml").write_bytes(letter("Nobody wrote this.", sender=""))
    said = careline.run("mail", "deliver", "--mailbox", "care@desk.test", str(tmp_path / "a.eml"))
    assert json.loads(said)["outcome"] == "new"
    told = careline.run("mail", "deliver", "--mailbox", "care@desk.test", str(tmp_path / "b.eml"), code=3)
    assert json.loads(told)["quarantined"] is True
    wrong = careline.run("mail", "deliver", "--mailbox", "no@desk.test", str(tmp_path / "a.eml"), code=3)
    assert "There is no mailbox no@desk.test." in json.loads(wrong)["error"]


@pytest.mark.slow
def test_three_programs_that_deliver_the_same_files_at_once_take_each_in_once(
    careline: Careline, tmp_path: Path
):
    before = counted(careline)["tickets"]
    for number in range(15):
        (tmp_path / f"{number}.eml").write_bytes(letter(f"At once {number}", subject=f"At once {number}"))
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    command = [str(careline.command), "mail", "deliver", "--mailbox", "care@desk.test", *paths]
    programs = [
        subprocess.Popen(
            command, env=careline.environment, cwd=careline.cwd, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    told = [[json.loads(line) for line in program.communicate()[0].splitlines()] for program in programs]
    assert [len(lines) for lines in told] == [15, 15, 15]
    wait_until(lambda: counted(careline)["waiting"] == 0, what="taking in")
    found = counted(careline)
    assert found["tickets"] == before + 15
    assert found["adds_up"]


@pytest.mark.slow
def test_the_part_ends_in_less_than_three_seconds(careline: Careline):
    pid = pid_of(careline, "mail")
    begun = time.monotonic()
    os.kill(pid, signal.SIGTERM)

    def gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        return state == "Z"

    wait_until(gone, what="the end of the mail part", seconds=10)
    assert time.monotonic() - begun < 3
