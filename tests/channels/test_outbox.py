"""What is owed to whom, from which mailbox, and what the mail says."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from careline.calc.mail.parse import parse
from careline.calc.mail.threading import candidates
from careline.calc.mail.tokens import mail_of_bounce_address, ticket_of_message_id, ticket_of_reply_address
from careline.channels import reactions
from careline.channels.actions import (
    MailIsNotWaiting,
    NothingCanSend,
    cancel_outgoing,
    owe_reply,
    restore_outgoing,
    retry_outgoing,
    sending,
)
from careline.channels.keys import signing_keys
from careline.channels.models import Mailbox, MailId, Outgoing
from careline.channels.ours import instance
from careline.channels.queries import delivery_of
from careline.core import events, files
from careline.core import settings as choices
from careline.core.models import Brand, Event
from careline.tickets.models import Message, Ticket
from tests.channels.make_mail import (
    make_incoming,
    make_mailbox,
    make_person,
    make_reply,
    make_ticket,
    owe,
    send,
)
from tests.make import MONDAY_9, make_team, make_user
from tests.real.smtp import SmtpSink

pytestmark = pytest.mark.django_db
State = Outgoing.State
SENDS = {"host": "smtp.lumen.example", "port": 587}
NOON = MONDAY_9 + timedelta(hours=5)


@pytest.fixture
def mailbox() -> Mailbox:
    return make_mailbox(outbound=SENDS)


def built(outgoing: Outgoing) -> EmailMessage:
    """Build a mail as the postman does, and parse it."""
    mailbox = outgoing.mailbox
    assert mailbox is not None
    taken = sending.take_next(mailbox_id=mailbox.pk, holder="test:0:1:a", now=NOON)
    assert taken is not None
    parsed = message_from_bytes(sending.raw_of(taken, now=NOON), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Return one of the bodies."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def record_reply(message: Message, origin: str = "live") -> Event:
    """The event of a reply."""
    with events.origin(origin):
        return events.record(
            "ticket.replied",
            subject=("ticket", message.ticket_id),
            actor=None,
            at=message.at,
            message=message.pk,
        )


# --- who and from where


def test_a_reply_is_owed_in_its_own_transaction(mailbox: Mailbox) -> None:
    message = make_reply(make_ticket(mailbox))
    reactions.on_ticket_replied(record_reply(message))
    owed = Outgoing.objects.get(message=message)
    assert (owed.state, owed.mailbox, owed.recipients) == (State.READY, mailbox, ["ada@example.org"])
    assert owed.send_at == message.at


def test_what_is_imported_was_sent_long_ago(mailbox: Mailbox) -> None:
    for origin in ("import", "demo"):
        reactions.on_ticket_replied(
            record_reply(make_reply(make_ticket(mailbox, make_person(f"{origin}@x.example"))), origin)
        )
    assert not Outgoing.objects.exists()


def test_a_reply_by_telephone_is_no_mail(mailbox: Mailbox) -> None:
    assert owe_reply(message=make_reply(make_ticket(mailbox), channel="phone"), now=NOON) is None


def test_a_reply_is_owed_once(mailbox: Mailbox) -> None:
    message = make_reply(make_ticket(mailbox))
    assert owe_reply(message=message, now=NOON) == owe_reply(message=message, now=NOON)
    assert Outgoing.objects.count() == 1


def test_it_goes_to_the_address_the_customer_wrote_from_last(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    make_incoming(ticket, mailbox, address="ada@work.example", at=MONDAY_9 + timedelta(minutes=30))
    away = MONDAY_9 + timedelta(minutes=40)
    make_incoming(ticket, mailbox, "I am away", address="robot@work.example", automatic="auto_reply", at=away)
    assert owe(ticket).recipients == ["ada@work.example"]


def test_it_goes_to_the_primary_address_where_the_customer_has_not_written(mailbox: Mailbox) -> None:
    assert owe(make_ticket()).recipients == ["ada@example.org"]


def test_copies_go_along_and_never_to_ourselves(mailbox: Mailbox) -> None:
    cc = [{"name": "Bo", "address": "bo@example.org"}, {"name": "", "address": "help+17.abc@lumen.example"}]
    bcc = [{"name": "", "address": "quiet@example.org"}, {"name": "", "address": "ADA@example.org"}]
    outgoing = owe(make_ticket(mailbox), cc=cc, bcc=bcc)
    assert outgoing.recipients == ["ada@example.org", "bo@example.org", "quiet@example.org"]
    mail = built(outgoing)
    assert mail["To"] == "Ada Reyes <ada@example.org>"
    assert mail["Cc"] == "Bo <bo@example.org>"
    assert "quiet" not in mail.as_string()


def test_it_leaves_from_the_mailbox_the_conversation_came_to(mailbox: Mailbox) -> None:
    other = make_mailbox(address="returns@lumen.example", outbound=SENDS)
    assert owe(make_ticket(other)).mailbox == other


def test_else_from_one_of_the_same_brand_and_team(mailbox: Mailbox) -> None:
    brand, team = Brand.objects.create(name="Ember", token="Ember"), make_team()
    make_mailbox(address="a@ember.example", outbound=SENDS, brand=brand)
    right = make_mailbox(address="b@ember.example", outbound=SENDS, brand=brand, team=team)
    assert owe(make_ticket(brand=brand, team=team)).mailbox == right


def test_a_mailbox_that_rests_or_cannot_send_is_passed_over(mailbox: Mailbox) -> None:
    resting = make_mailbox(address="rest@lumen.example", outbound=SENDS, active=False)
    deaf = make_mailbox(address="in@lumen.example", outbound={})
    assert owe(make_ticket(resting)).mailbox == mailbox
    assert owe(make_ticket(deaf, make_person("bo@example.org"))).mailbox == mailbox


def test_without_a_mailbox_that_sends_the_reply_says_so(mailbox: Mailbox) -> None:
    Mailbox.objects.update(outbound={})
    outgoing = owe(make_ticket(mailbox))
    assert outgoing.state == State.FAILED
    assert outgoing.problem.startswith("No mailbox can send.")
    assert outgoing.message_id is not None
    told = delivery_of([outgoing.message_id])[outgoing.message_id]
    assert (told.kind, told.text.startswith("Not sent. No mailbox can send.")) == ("late", True)

    with pytest.raises(NothingCanSend):
        retry_outgoing(outgoing_id=outgoing.pk, actor=None, now=NOON)
    Mailbox.objects.update(outbound=SENDS)
    again = retry_outgoing(outgoing_id=outgoing.pk, actor=None, now=NOON)
    assert (again.state, again.mailbox) == (State.READY, mailbox)
    assert again.mail_id.endswith("@lumen.example")


def test_in_a_demonstration_nothing_leaves_and_nothing_alarms(mailbox: Mailbox) -> None:
    choices.put("operation.demo", True)
    Mailbox.objects.update(outbound={})
    outgoing = owe(make_ticket(mailbox))
    assert outgoing.state == State.CANCELLED
    assert outgoing.message_id is not None
    assert "demonstration" in delivery_of([outgoing.message_id])[outgoing.message_id].text
    assert not Event.objects.filter(kind="mail.failed").exists()


def test_a_customer_without_an_address_cannot_be_written_to(mailbox: Mailbox) -> None:
    outgoing = owe(make_ticket(person=make_person("", "Telephone only")))
    assert (outgoing.state, outgoing.recipients) == (State.FAILED, [])
    assert "no mail address" in outgoing.problem


# --- what it says


def test_its_ids_are_signed_and_bring_an_answer_back(mailbox: Mailbox) -> None:
    outgoing = owe(make_ticket(mailbox))
    mail, keys = built(outgoing), signing_keys()
    assert ticket_of_message_id(mail["Message-ID"].strip("<>"), keys) == (
        outgoing.ticket_id,
        outgoing.message_id,
    )
    assert ticket_of_reply_address(mail["Reply-To"].addresses[0].addr_spec, keys) == outgoing.ticket_id
    sender = Outgoing.objects.get().envelope_from
    assert mail_of_bounce_address(sender, keys) == outgoing.pk
    assert MailId.objects.get(message=outgoing.message_id).mail_id == outgoing.mail_id


@pytest.mark.parametrize("lost", ["Reply-To", "In-Reply-To", "body", "nothing"])
def test_an_answer_finds_its_way_whatever_the_mail_program_drops(mailbox: Mailbox, lost: str) -> None:
    outgoing = owe(make_ticket(mailbox))
    mail = built(outgoing)
    answer = EmailMessage()
    answer["From"] = "ada@example.org"
    answer["To"] = "help@lumen.example" if lost == "Reply-To" else str(mail["Reply-To"])
    answer["Subject"] = "Re: Lamp broken"
    if lost != "In-Reply-To":
        answer["In-Reply-To"] = str(mail["Message-ID"])
    answer.set_content("Thanks")
    if lost != "body":
        answer.add_alternative(
            f"<p>Thanks</p><blockquote>{text_of(mail, 'html')}</blockquote>", subtype="html"
        )
    found = candidates(parse(answer.as_bytes()), secrets=signing_keys(), brands=("Lumen",))
    assert found[0].ticket == outgoing.ticket_id


def test_the_body_alone_brings_an_answer_back(mailbox: Mailbox) -> None:
    html = text_of(built(owe(make_ticket(mailbox))), "html")
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "ada@example.org", "help@lumen.example", "Hello"
    answer.set_content(f"<p>Thanks</p><blockquote>{html}</blockquote>", subtype="html")
    kinds = [one.kind for one in candidates(parse(answer.as_bytes()), secrets=signing_keys())]
    assert kinds == ["body_marker"]


def test_it_answers_the_last_mail_of_its_recipient_and_names_the_conversation(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    first = MailId.objects.get().mail_id
    for minute, sender in ((10, "ada@example.org"), (20, "bo@example.org")):
        at = MONDAY_9 + timedelta(minutes=minute)
        make_incoming(ticket, mailbox, address=sender, mail_id=f"m{minute}@example.org", at=at)
    mail = built(owe(ticket, address="ada@example.org"))
    assert mail["In-Reply-To"] == "<m10@example.org>"
    assert mail["References"].split() == [f"<{first}>", "<m20@example.org>", "<m10@example.org>"]


def test_long_conversations_name_the_root_and_the_last_twenty(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    root = MailId.objects.get().mail_id
    for number in range(30):
        at = MONDAY_9 + timedelta(seconds=number + 1)
        long_id = f"{'x' * 80}.{number}@mail.example.org"  # longer than a line of a mail
        make_incoming(ticket, mailbox, mail_id=long_id, at=at)
    named = built(owe(ticket))["References"].split()
    assert len(named) == 21
    assert (named[0], named[-1]) == (f"<{root}>", f"<{'x' * 80}.29@mail.example.org>")


def test_the_subject_carries_the_number_once(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox, subject="AW: Lamp broken [Lumen #1] [Lumen #1]")
    assert built(owe(ticket))["Subject"] == f"AW: Lamp broken [Lumen #{ticket.pk}]"


def test_a_first_mail_of_ours_is_no_answer(mailbox: Mailbox) -> None:
    ticket = make_ticket(subject="Your order", brand=mailbox.brand)
    mail = built(owe(ticket))
    assert mail["Subject"] == f"Your order [Lumen #{ticket.pk}]"
    assert mail["In-Reply-To"] is None


def test_signatures_of_mailbox_and_agent_stand_under_it(mailbox: Mailbox) -> None:
    Mailbox.objects.update(signature="Lumen care\nRiga")
    author = make_user(signature="Ben <ben>")
    mail = built(owe(make_ticket(mailbox), "Hello", author=author))
    assert text_of(mail).replace("\r\n", "\n").startswith("Hello\n\n-- \nLumen care\nRiga\nBen <ben>\n")
    assert "Ben &lt;ben&gt;" in text_of(mail, "html")


def test_the_brands_signature_serves_where_the_mailbox_has_none(mailbox: Mailbox) -> None:
    Brand.objects.update(signature="Your Lumen team")
    assert "Your Lumen team" in text_of(built(owe(make_ticket(mailbox))))


@pytest.mark.parametrize(
    ("how", "quoted", "left_out"),
    [
        ("none", [], ["> It does not shine.", "> Which lamp?"]),
        ("last", ["> The red one."], ["> It does not shine.", "> Which lamp?"]),
        ("full", ["> The red one.", "> Which lamp?", "> It does not shine."], ["> Secret note"]),
    ],
)
def test_history_is_quoted_as_the_mailbox_wants(
    mailbox: Mailbox, how: str, quoted: list[str], left_out: list[str]
) -> None:
    Mailbox.objects.update(quote_history=how)
    ticket = make_ticket(mailbox)
    make_reply(ticket, "Which lamp?", at=MONDAY_9 + timedelta(minutes=5))
    make_reply(ticket, "Secret note", kind="note", at=MONDAY_9 + timedelta(minutes=6))
    make_incoming(ticket, mailbox, "The red one.", at=MONDAY_9 + timedelta(minutes=9))
    later = make_incoming(ticket, mailbox, "Came after the answer.", at=NOON)
    body = text_of(built(owe(ticket)))
    assert [line for line in quoted if line in body] == quoted
    assert not [line for line in [*left_out, later.text] if line in body]


def test_what_agents_type_is_text_and_links_work(mailbox: Mailbox) -> None:
    html = text_of(
        built(owe(make_ticket(mailbox), "1 < 2 <script>x</script>\nSee https://lumen.example/a?b=1&c=2.")),
        "html",
    )
    assert "<script" not in html
    assert "1 &lt; 2 &lt;script&gt;" in html
    assert '<a href="https://lumen.example/a?b=1&amp;c=2">' in html


def test_no_header_can_be_smuggled_in(mailbox: Mailbox) -> None:
    Mailbox.objects.update(from_name="Lumen\r\nBcc: evil@example.org")
    ticket = make_ticket(mailbox, make_person(name="Ada\nX-Evil: 1"), subject="Hi\r\nX-Evil: 2")
    mail = built(owe(ticket, cc=[{"name": "a", "address": "b@example.org>, <evil@example.org"}]))
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert mail["Cc"] is None


def test_names_and_subjects_of_the_world_survive(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink, from_name="Kundenbetreuung Größe & Söhne, München")
    person = make_person("ada@bücher.example", "Åsa 山田 “太郎”")
    subject = "Не светит лампа: " + "очень длинная тема " * 9
    ticket = make_ticket(None, person, subject=subject.strip(), brand=mailbox.brand)
    owe(ticket)
    send(mailbox)
    mail = smtp_sink.messages[0].message
    assert mail["From"].addresses[0].display_name == "Kundenbetreuung Größe & Söhne, München"
    assert mail["To"].addresses[0].display_name == "Åsa 山田 “太郎”"
    assert smtp_sink.messages[0].recipients == ("ada@xn--bcher-kva.example",)
    assert mail["Subject"] == f"{subject.strip()} [Lumen #{ticket.pk}]"
    head = smtp_sink.messages[0].raw.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 100
    head.decode("ascii")


def test_files_go_along_with_their_names(mailbox: Mailbox) -> None:
    message = make_reply(make_ticket(mailbox))
    for name, kind, content in (
        (
            "Größe der Lampe, gemessen am Montag – endgültige Fassung, wirklich.pdf",
            "application/pdf",
            b"%PDF\x00\xff",
        ),
        ("notes.txt", "text/plain", b".line\r\nFrom me\n"),
        ("bad\r\nname.eml", "message/rfc822", b"Subject: inner\r\n\r\nx"),
    ):
        message.attachments.create(
            file=files.store(content, now=NOON), name=name, type=kind, size=len(content)
        )
    owe_reply(message=message, now=NOON)
    parts = list(built(Outgoing.objects.get()).iter_attachments())
    assert [part.get_filename() for part in parts] == [
        "Größe der Lampe, gemessen am Montag – endgültige Fassung, wirklich.pdf",
        "notes.txt",
        "bad name.eml",
    ]
    assert [part.get_payload(decode=True) for part in parts] == [
        b"%PDF\x00\xff",
        b".line\r\nFrom me\n",
        b"Subject: inner\r\n\r\nx",
    ]


def test_pictures_in_the_text_stay_in_the_text(mailbox: Mailbox) -> None:
    message = make_reply(make_ticket(mailbox), html='<p>Look: <img src="cid:pic1"></p>')
    message.attachments.create(
        file=files.store(b"\x89PNG", now=NOON),
        name="a.png",
        type="image/png",
        size=4,
        inline=True,
        content_id="pic1",
    )
    owe_reply(message=message, now=NOON)
    mail = built(Outgoing.objects.get())
    assert list(mail.iter_attachments()) == []
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [part["Content-ID"] for part in pictures] == ["<pic1>"]


def test_a_persons_mail_is_marked_as_ours_and_not_as_a_machines(mailbox: Mailbox) -> None:
    mail = built(owe(make_ticket(mailbox)))
    assert mail["X-Careline-Loop"] == instance()
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] is None


def test_a_mailbox_may_do_without_plus_addresses(mailbox: Mailbox) -> None:
    Mailbox.objects.update(outbound={**SENDS, "plus": False})
    mail = built(owe(make_ticket(mailbox)))
    assert mail["Reply-To"] is None
    assert Outgoing.objects.get().envelope_from == "help@lumen.example"


# --- what a person may do


def test_a_mail_that_waits_is_cancelled_and_brought_back(mailbox: Mailbox) -> None:
    ida = make_user("health.act")
    outgoing = owe(make_ticket(mailbox))
    cancel_outgoing(outgoing_id=outgoing.pk, actor=ida, now=NOON)
    assert sending.take_next(mailbox_id=mailbox.pk, holder="x", now=NOON) is None
    with pytest.raises(MailIsNotWaiting):
        cancel_outgoing(outgoing_id=outgoing.pk, actor=ida, now=NOON)
    assert restore_outgoing(outgoing_id=outgoing.pk, actor=ida, now=NOON).state == State.READY
    kinds = Event.objects.filter(subject_kind="ticket", kind__startswith="mail.").order_by("pk")
    assert [one.kind for one in kinds] == ["mail.discarded", "mail.restored"]


def test_a_mail_under_way_is_left_alone(mailbox: Mailbox) -> None:
    outgoing = owe(make_ticket(mailbox))
    sending.take_next(mailbox_id=mailbox.pk, holder="x", now=NOON)
    for act in (cancel_outgoing, retry_outgoing):
        with pytest.raises(MailIsNotWaiting):
            act(outgoing_id=outgoing.pk, actor=None, now=NOON)


def test_the_words_on_the_ticket_say_how_a_mail_fares(mailbox: Mailbox) -> None:
    outgoing = owe(make_ticket(mailbox))

    def told(**state: object) -> tuple[str, str]:
        Outgoing.objects.filter(pk=outgoing.pk).update(**{"problem": "", "bounced_at": None, **state})
        assert outgoing.message_id is not None
        one = delivery_of([outgoing.message_id, 10**6])[outgoing.message_id]
        return one.text, one.kind

    assert told() == ("On its way", "")
    assert told(problem="451 Later") == ("Not sent yet, it is tried again. 451 Later", "risk")
    assert told(state="sent") == ("Sent", "met")
    assert told(state="sent", unsure=True)[1] == "risk"
    assert told(state="sent", bounced_at=NOON, bounce="x: gone") == ("It came back. x: gone", "late")
    assert told(state="failed", problem="554 No") == ("Not sent. 554 No", "late")
    assert told(state="cancelled") == ("Not sent: it was cancelled.", "")


def test_a_ticket_model_is_untouched_by_sending(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    before = Ticket.objects.filter(pk=ticket.pk).values().get()
    owe(ticket)
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == before
