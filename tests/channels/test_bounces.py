"""Mail of ours that comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from careline.calc.mail.shapes import Bounce
from careline.channels import letters
from careline.channels.actions import note_bounce
from careline.channels.models import Mailbox, Outgoing, RawMail
from careline.core import files
from careline.core.models import Event
from careline.customers.models import Address
from tests.channels.make_mail import make_mailbox, make_person, make_ticket, owe
from tests.make import MONDAY_9

pytestmark = pytest.mark.django_db
NOON = MONDAY_9 + timedelta(hours=5)
GONE = Bounce(
    recipient="ada@example.org",
    status="5.1.1",
    permanent=True,
    address_unknown=True,
    diagnostic="550 5.1.1 User unknown",
)


@pytest.fixture
def mailbox() -> Mailbox:
    return make_mailbox(outbound={"host": "smtp.lumen.example", "port": 587})


@pytest.fixture
def outgoing(mailbox: Mailbox) -> Outgoing:
    owed = owe(make_ticket(mailbox))
    Outgoing.objects.update(state="sent", sent_at=NOON)
    owed.refresh_from_db()
    return owed


def report(mailbox: Mailbox, to: str = "help@lumen.example", envelope_to: tuple[str, ...] = ()) -> RawMail:
    """A report as it lies in the store."""
    raw = f"From: mailer-daemon@example.org\r\nTo: <{to}>\r\nSubject: Undeliverable\r\n\r\nSorry".encode()
    return RawMail.objects.create(
        mailbox=mailbox,
        file=files.store(raw, now=NOON),
        dedupe_key=f"{to}{envelope_to}",
        received_at=NOON,
        envelope_to=list(envelope_to),
    )


def bounce_with(outgoing: Outgoing | None, **over: object) -> Bounce:
    """A report of the usual kind that names a mail."""
    usual = {name: getattr(GONE, name) for name in GONE.__slots__}
    named = {"original_message_id": outgoing.mail_id} if outgoing else {}
    return Bounce(**{**usual, **named, **over})  # type: ignore[arg-type]


def test_a_report_is_noted_on_the_mail_and_on_its_ticket(mailbox: Mailbox, outgoing: Outgoing) -> None:
    found = note_bounce(raw_mail=report(mailbox), bounce=bounce_with(outgoing), ticket=None, now=NOON)
    assert found == outgoing
    outgoing.refresh_from_db()
    assert outgoing.bounced_at == NOON
    assert outgoing.bounce == "ada@example.org: 550 5.1.1 User unknown"
    event = Event.objects.get(kind="mail.bounced")
    assert (event.subject_kind, event.subject_id) == ("ticket", outgoing.ticket_id)
    assert (event.data["message"], event.data["permanent"]) == (outgoing.message_id, True)


def test_an_address_that_is_gone_is_marked(mailbox: Mailbox, outgoing: Outgoing) -> None:
    note_bounce(raw_mail=report(mailbox), bounce=bounce_with(outgoing), ticket=None, now=NOON)
    assert Address.objects.get(value="ada@example.org").undeliverable_since == NOON


def test_a_full_mailbox_does_not_make_an_address_bad(mailbox: Mailbox, outgoing: Outgoing) -> None:
    full = bounce_with(outgoing, status="5.2.2", address_unknown=False, diagnostic="552 5.2.2 Mailbox full")
    note_bounce(raw_mail=report(mailbox), bounce=full, ticket=None, now=NOON)
    outgoing.refresh_from_db()
    assert outgoing.bounced_at == NOON
    assert Address.objects.get(value="ada@example.org").undeliverable_since is None


def test_a_delay_is_said_but_is_no_failure(mailbox: Mailbox, outgoing: Outgoing) -> None:
    slow = bounce_with(
        outgoing, status="4.4.1", permanent=False, address_unknown=False, diagnostic="4.4.1 No answer"
    )
    note_bounce(raw_mail=report(mailbox), bounce=slow, ticket=None, now=NOON)
    outgoing.refresh_from_db()
    assert (outgoing.bounced_at, outgoing.bounce) == (None, "ada@example.org: 4.4.1 No answer")


def test_the_same_report_twice_is_one(mailbox: Mailbox, outgoing: Outgoing) -> None:
    for _ in range(2):
        note_bounce(
            raw_mail=report(mailbox) if _ == 0 else RawMail.objects.get(state="stored", envelope_to=[]),
            bounce=bounce_with(outgoing),
            ticket=None,
            now=NOON,
        )
    assert Event.objects.filter(kind="mail.bounced").count() == 1


def test_the_envelope_sender_names_the_mail_where_the_report_does_not(
    mailbox: Mailbox, outgoing: Outgoing
) -> None:
    verp = letters.bounce_address(mailbox, outgoing.pk)
    nameless = bounce_with(None)
    assert note_bounce(raw_mail=report(mailbox, to=verp), bounce=nameless, ticket=None, now=NOON) == outgoing
    Outgoing.objects.update(bounced_at=None, bounce="")
    by_smtp = report(mailbox, envelope_to=(verp,))
    assert note_bounce(raw_mail=by_smtp, bounce=nameless, ticket=None, now=NOON) == outgoing


def test_a_rewritten_domain_still_names_the_mail(mailbox: Mailbox, outgoing: Outgoing) -> None:
    rewritten = outgoing.mail_id.replace("lumen.example", "eu.relay.example")
    told = bounce_with(None, original_message_id=rewritten)
    assert note_bounce(raw_mail=report(mailbox), bounce=told, ticket=None, now=NOON) == outgoing


def test_the_ticket_and_the_recipient_name_it_as_a_last_resort(mailbox: Mailbox, outgoing: Outgoing) -> None:
    found = note_bounce(raw_mail=report(mailbox), bounce=bounce_with(None), ticket=outgoing.ticket, now=NOON)
    assert found == outgoing


def test_a_strangers_report_about_nothing_of_ours_changes_nothing(
    mailbox: Mailbox, outgoing: Outgoing
) -> None:
    make_person("bo@example.org")
    for told in (
        bounce_with(None),
        bounce_with(None, original_message_id="t.1.2.0000000000000000@lumen.example"),
        bounce_with(None, recipient="bo@example.org"),
    ):
        assert (
            note_bounce(
                raw_mail=RawMail.objects.filter(envelope_to=[]).last() or report(mailbox),
                bounce=told,
                ticket=None,
                now=NOON,
            )
            is None
        )
    assert not Event.objects.filter(kind="mail.bounced").exists()
    assert not Address.objects.exclude(undeliverable_since=None).exists()


def test_a_report_marks_only_addresses_that_we_wrote_to(mailbox: Mailbox, outgoing: Outgoing) -> None:
    make_person("bo@example.org")
    told = bounce_with(outgoing, recipient="bo@example.org")
    note_bounce(raw_mail=report(mailbox), bounce=told, ticket=None, now=NOON)
    assert Address.objects.get(value="bo@example.org").undeliverable_since is None


def test_what_the_other_server_says_is_shortened_and_harmless(mailbox: Mailbox, outgoing: Outgoing) -> None:
    told = bounce_with(outgoing, diagnostic="550 \x1b[31mno\x00\r\n" + "x" * 900)
    note_bounce(raw_mail=report(mailbox), bounce=told, ticket=None, now=NOON)
    outgoing.refresh_from_db()
    assert len(outgoing.bounce) < 240
    assert outgoing.bounce.isprintable()
