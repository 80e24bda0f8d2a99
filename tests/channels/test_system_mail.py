"""Mail of Careline itself goes through the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import transaction
from django.utils import timezone

from careline.channels.actions import retry_outgoing
from careline.channels.models import Mailbox, Outgoing
from careline.core.models import Event
from tests.channels.make_mail import make_mailbox, send
from tests.real.smtp import SmtpSink

pytestmark = pytest.mark.django_db
BACKEND = "careline.channels.system_mail.OutboxBackend"


@pytest.fixture(autouse=True)
def our_backend(settings: pytest.FixtureRequest) -> None:
    """Django's test runner puts its own backend in place; take ours back."""
    settings.EMAIL_BACKEND = BACKEND  # type: ignore[attr-defined]


def write(**over: object) -> None:
    """Send a mail as the rest of the house does."""
    usual = {
        "subject": "Join",
        "message": "Open this",
        "from_email": None,
        "recipient_list": ["pia@x.example"],
    }
    send_mail(**{**usual, **over})  # type: ignore[arg-type]


def test_it_waits_in_the_outbox_and_leaves_from_our_mailbox(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    write(html_message="<p>Öffnen</p>", subject="Einladung für Pia")
    assert Outgoing.objects.get().purpose == "system"

    assert send(mailbox, now=timezone.now() + timedelta(seconds=1)) == 1

    received = smtp_sink.messages[0]
    mail = received.message
    assert (received.sender, received.recipients) == ("help@lumen.example", ("pia@x.example",))
    assert str(mail["From"]) == "Lumen care <help@lumen.example>"
    assert mail["Subject"] == "Einladung für Pia"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].strip("<>") == Outgoing.objects.get().mail_id
    body = mail.get_body(("html",))
    assert body is not None
    assert "Öffnen" in body.get_content()
    received.raw.decode("ascii")


def test_it_stands_and_falls_with_what_it_speaks_of(smtp_sink: SmtpSink) -> None:
    make_mailbox(smtp_sink)
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Outgoing.objects.exists()


def test_copies_and_files_go_along_and_blind_ones_stay_blind(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    mail = EmailMultiAlternatives("Report", "See file", to=["dan@x.example"], bcc=["quiet@x.example"])
    mail.attach("Zahlen für März.csv", "a;b\n1;2\n", "text/csv")
    mail.send()
    send(mailbox, now=timezone.now() + timedelta(seconds=1))
    received = smtp_sink.messages[0]
    assert received.recipients == ("dan@x.example", "quiet@x.example")
    assert b"quiet" not in received.raw
    assert [part.get_filename() for part in received.message.iter_attachments()] == ["Zahlen für März.csv"]


def test_without_a_mailbox_it_fails_with_a_sentence_and_is_sent_later(smtp_sink: SmtpSink) -> None:
    write()
    owed = Outgoing.objects.get()
    assert (owed.state, owed.problem[:20]) == ("failed", "No mailbox can send.")
    assert Event.objects.get(kind="mail.failed").subject_kind == "outgoing"

    mailbox = make_mailbox(smtp_sink)
    now = timezone.now()
    retry_outgoing(outgoing_id=owed.pk, actor=None, now=now)
    assert send(mailbox, now=now) == 1
    mail = smtp_sink.messages[0].message
    assert str(mail["From"]) == "Lumen care <help@lumen.example>"
    assert mail["Message-ID"].endswith("@lumen.example>")


def test_a_mailbox_that_cannot_send_is_none() -> None:
    make_mailbox()
    assert Mailbox.objects.count() == 1
    write()
    assert Outgoing.objects.get().state == "failed"
