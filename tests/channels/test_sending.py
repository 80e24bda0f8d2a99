"""Mail on its way to the server, with a real server at the other end."""

from __future__ import annotations

import pytest

from careline.channels.models import Outgoing
from tests.channels.make_mail import make_mailbox, make_ticket, owe, send
from tests.real.smtp import SmtpSink

pytestmark = pytest.mark.django_db
State = Outgoing.State


def test_a_reply_arrives_and_is_noted_as_sent(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))

    assert send(mailbox) == 1

    outgoing.refresh_from_db()
    assert outgoing.state == State.SENT
    assert [one.recipients for one in smtp_sink.messages] == [("ada@example.org",)]
    assert smtp_sink.messages[0].message["Message-ID"] == f"<{outgoing.mail_id}>"
    print(smtp_sink.messages[0].raw.decode())
