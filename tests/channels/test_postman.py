"""The process that carries mail, in a running installation whose workers die."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.config.conftest import inside, pid_of
from tests.real.careline import Careline
from tests.real.ports import wait_until
from tests.real.smtp import SmtpSink

pytestmark = pytest.mark.slow
MAILS = 40
OWE = """
from tests.channels.make_mail import make_mailbox, make_ticket, owe
from types import SimpleNamespace
mailbox = make_mailbox(SimpleNamespace(host="127.0.0.1", port={port}))
ticket = make_ticket(mailbox)
for n in range({mails}): owe(ticket, f"mail {{n}}", at=now)
answer = 1
"""
LOOK = """
from careline.channels.models import Outgoing
answer = [Outgoing.objects.exclude(state="sent").count(), Outgoing.objects.filter(unsure=True).count()]
"""


def test_mail_is_neither_lost_nor_sent_twice_when_workers_are_killed(
    careline_server: Careline, smtp_sink: SmtpSink
) -> None:
    inside(careline_server, OWE.format(port=smtp_sink.port, mails=MAILS))
    killed = 0
    for pause in (0.0, 0.4, 0.9):
        wait_until(lambda old=killed: pid_of(careline_server, "work") != old, what="the next worker")
        killed = pid_of(careline_server, "work")
        time.sleep(pause)
        os.kill(killed, signal.SIGKILL)

    wait_until(lambda: inside(careline_server, LOOK)[0] == 0, what="the mails", seconds=60)

    assert inside(careline_server, LOOK) == [0, 0]
    ids = [one.message["Message-ID"] for one in smtp_sink.messages]
    assert len(ids) == len(set(ids)) == MAILS
