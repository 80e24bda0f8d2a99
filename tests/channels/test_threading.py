"""Where a mail belongs, rule by rule (T1 to T9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from careline.calc.mail import tokens
from careline.channels.actions import store_mail, take_in
from careline.channels.keys import signing_key
from careline.channels.models import MailId, RawMail
from careline.customers.models import Domain, Organisation, Person
from careline.tickets.models import Category, Participant, Ticket
from tests.channels.arriving import NOW, arrive, letter, make_mailbox
from tests.make import make_status, make_team, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


def reply_to(ticket: Ticket, domain: str = "desk.test") -> str:
    return tokens.reply_address(ticket.pk, secret=signing_key(), domain=domain, local="care")


def our_id(ticket: Ticket, message: int = 77) -> str:
    return tokens.message_id(ticket.pk, message, secret=signing_key(), domain="desk.test")


def close(ticket: Ticket) -> None:
    status = make_status(Category.CLOSED)
    Ticket.objects.filter(pk=ticket.pk).update(status=status, category=Category.CLOSED, closed_at=NOW)


def test_a_first_mail_opens_a_conversation_of_its_sender():
    team = make_team()
    box = make_mailbox(team=team)
    raw = arrive(box, letter("My lamp is broken.\r\n-- \r\nAnna", subject="Lamp"))
    ticket = raw.ticket
    assert (raw.state, raw.outcome, raw.matched_by) == ("done", "new", "")
    assert (ticket.subject, ticket.team, ticket.brand, ticket.channel) == ("Lamp", team, box.brand, "email")
    assert (ticket.customer.name, ticket.opened_at, ticket.category) == ("Anna Berg", NOW, "new")
    message = ticket.messages.get()
    assert message == raw.message
    assert (message.kind, message.address, message.person) == ("in", "anna@shop.test", ticket.customer)
    assert (message.visible_text, "Anna" in message.text) == ("My lamp is broken.", True)


def test_a_signed_reply_address_wins_over_everything_else():
    box = make_mailbox()
    first = arrive(box, letter(id="one@shop.test"))
    second = arrive(box, letter("Another thing.", id="two@shop.test"))
    raw = arrive(box, letter("More.", to=reply_to(first.ticket), in_reply_to="<two@shop.test>"))
    assert (raw.ticket, raw.matched_by) == (first.ticket, "reply_address")
    assert raw.ticket != second.ticket


def test_a_forged_reply_address_counts_for_nothing():
    box = make_mailbox()
    first = arrive(box, letter())
    forged = reply_to(first.ticket)[:-12] + "0@desk.test"
    raw = arrive(box, letter("Let me in.", sender="Eve <eve@evil.test>", to=forged))
    assert raw.outcome == "new"


def test_the_envelope_may_hold_the_only_reply_address():
    box = make_mailbox()
    first = arrive(box, letter())
    raw = arrive(box, letter("More."), via="smtp", envelope_to=[reply_to(first.ticket)])
    assert (raw.ticket, raw.matched_by) == (first.ticket, "reply_address")


def test_our_own_signed_message_id_is_believed_whatever_became_of_its_domain():
    box = make_mailbox()
    first = arrive(box, letter())
    rewritten = our_id(first.ticket).replace("desk.test", "eu-west.mail.test")
    raw = arrive(box, letter("More.", references=f"<x@y.test> <{rewritten}>"))
    assert (raw.ticket, raw.matched_by) == (first.ticket, "own_message_id")


def test_an_answer_to_a_mail_we_know_joins_it():
    box = make_mailbox()
    first = arrive(box, letter(id="one@shop.test"))
    raw = arrive(box, letter("More.", subject="Something else", in_reply_to="<one@shop.test>"))
    assert (raw.outcome, raw.ticket, raw.matched_by) == ("reply", first.ticket, "foreign_message_id")
    assert first.ticket.messages.count() == 2


def test_a_foreign_id_counts_within_its_mailbox_or_brand_only():
    box, other = make_mailbox(), make_mailbox("care@other.test")
    sister = make_mailbox("shop@desk.test", brand=box.brand)
    first = arrive(box, letter(id="one@shop.test"))
    assert arrive(other, letter("More.", in_reply_to="<one@shop.test>")).ticket != first.ticket
    assert arrive(sister, letter("And more.", in_reply_to="<one@shop.test>")).ticket == first.ticket


def test_the_marker_in_a_quotation_is_found():
    box = make_mailbox()
    first = arrive(box, letter())
    marker = tokens.body_marker(first.ticket.pk, secret=signing_key())
    raw = arrive(box, letter(f"More.\r\n\r\nOn Monday, Care wrote:\r\n> Hello\r\n> {marker}\r\n"))
    assert (raw.ticket, raw.matched_by) == (first.ticket, "body_marker")


def test_a_number_in_the_subject_is_believed_of_who_takes_part():
    box = make_mailbox()
    first = arrive(box, letter())
    raw = arrive(box, letter("More.", subject=f"Lamp [Lumen #{first.ticket.pk}]"))
    assert (raw.ticket, raw.matched_by) == (first.ticket, "subject_number")


def test_a_number_in_the_subject_is_not_believed_of_a_stranger():
    box = make_mailbox()
    first = arrive(box, letter())
    subject = f"Lamp [Lumen #{first.ticket.pk}]"
    raw = arrive(box, letter("Show me.", subject=subject, sender="Eve <eve@evil.test>"))
    assert raw.outcome == "new"
    assert raw.ticket != first.ticket
    assert raw.message.flags == [
        f"The subject names #{first.ticket.pk}, but the sender does not take part in it."
    ]


def test_a_number_in_the_subject_is_believed_of_a_colleague():
    firm = Organisation.objects.create(name="Shop", created_at=NOW)
    Domain.objects.create(organisation=firm, name="shop.test")
    box = make_mailbox()
    first = arrive(box, letter())
    subject = f"Lamp [Lumen #{first.ticket.pk}]"
    raw = arrive(box, letter("I am her colleague.", subject=subject, sender="Olle <olle@shop.test>"))
    assert (raw.ticket, raw.matched_by) == (first.ticket, "subject_number")
    assert [one.address for one in first.ticket.participants.all()] == ["olle@shop.test"]


def test_the_same_subject_joins_only_where_that_is_switched_on():
    box = make_mailbox()
    first = arrive(box, letter(subject="Lamp"))
    assert arrive(box, letter("More.", subject="AW: Lamp"), at=LATER).outcome == "new"
    box.join_by_subject_h = 24
    box.save()
    Ticket.objects.exclude(pk=first.ticket.pk).update(subject="Other")
    raw = arrive(box, letter("Still more.", subject="Re: [EXT] Lamp"), at=LATER)
    assert (raw.ticket, raw.matched_by) == (first.ticket, "same_subject")


def test_the_same_subject_joins_neither_strangers_nor_what_is_old_or_solved():
    box = make_mailbox(join_by_subject_h=24)
    first = arrive(box, letter(subject="Lamp"))
    assert arrive(box, letter("Mine too.", subject="Lamp", sender="Eve <eve@evil.test>")).outcome == "new"
    late = NOW + timedelta(hours=25)
    assert arrive(box, letter("More.", subject="Lamp", at=late), at=late).outcome == "new"
    Ticket.objects.update(category=Category.SOLVED)
    assert arrive(box, letter("Again.", subject="Lamp"), at=LATER).outcome == "new"
    assert first.ticket.messages.count() == 1


def test_two_mails_that_share_an_ancestor_we_never_saw_meet():
    box = make_mailbox()
    first = arrive(box, letter(references="<root@shop.test> <mid@shop.test>"))
    raw = arrive(box, letter("Me too.", references="<root@shop.test>", sender="Olle <olle@shop.test>"))
    assert (raw.ticket, raw.matched_by) == (first.ticket, "seen_id")


def test_strangers_who_answer_one_newsletter_do_not_meet():
    box = make_mailbox()
    first = arrive(box, letter(in_reply_to="<news@mailer.test>", sender="Anna <anna@gmail.com>"))
    raw = arrive(box, letter("Hi.", in_reply_to="<news@mailer.test>", sender="Olle <olle@gmail.com>"))
    assert raw.outcome == "new"
    assert raw.ticket != first.ticket


def test_a_mail_that_comes_after_its_answer_joins_it():
    box = make_mailbox()
    answer = arrive(box, letter("As I said.", in_reply_to="<late@shop.test>"))
    raw = arrive(box, letter("First words.", id="late@shop.test"))
    assert raw.ticket == answer.ticket


def test_the_same_mail_to_two_mailboxes_of_one_team_is_one_message():
    team = make_team()
    box = make_mailbox(team=team)
    other = make_mailbox("help@desk.test", brand=box.brand, team=team)
    raw = letter(id="one@shop.test", to="care@desk.test, help@desk.test")
    first, second = arrive(box, raw), arrive(other, b"Received: by x\r\n" + raw)
    assert (second.outcome, second.ticket, second.message) == ("duplicate", first.ticket, first.message)
    assert Ticket.objects.count() == 1


def test_the_same_mail_to_mailboxes_of_two_teams_is_a_conversation_for_each():
    box = make_mailbox(team=make_team())
    other = make_mailbox("help@desk.test", brand=box.brand, team=make_team())
    raw = letter(id="one@shop.test", to="care@desk.test, help@desk.test")
    first, second = arrive(box, raw), arrive(other, raw)
    assert (first.outcome, second.outcome) == ("new", "new")
    answer = letter("More.", in_reply_to="<one@shop.test>")
    assert arrive(box, answer).ticket == first.ticket
    assert arrive(other, answer).ticket == second.ticket


def test_an_answer_to_two_mailboxes_is_in_its_conversation_once():
    box = make_mailbox(team=make_team())
    other = make_mailbox("help@desk.test", brand=box.brand, team=make_team())
    first = arrive(box, letter())
    answer = letter("More.", to=f"{reply_to(first.ticket)}, help@desk.test")
    assert arrive(box, answer).outcome == "reply"
    assert arrive(other, answer).outcome == "duplicate"
    assert first.ticket.messages.count() == 2


def test_the_same_bytes_are_one_mail_however_often_they_come():
    box = make_mailbox()
    raw = letter()
    rows = {arrive(box, raw, uid=number).pk for number in range(3)}
    assert len(rows) == 1
    assert (RawMail.objects.count(), Ticket.objects.count()) == (1, 1)


def test_a_program_that_uses_one_message_id_for_ever_loses_nothing():
    box = make_mailbox()
    one = arrive(box, letter("Order 1", subject="Order", id="form@shop.test"))
    two = arrive(box, letter("Order 2", subject="Order", id="form@shop.test", at=LATER))
    assert (one.outcome, two.outcome) == ("new", "new")


def test_a_copy_that_a_list_has_changed_is_still_the_same_mail():
    box = make_mailbox()
    one = arrive(box, letter("Hello", id="one@shop.test"))
    two = arrive(box, letter("Hello\r\n__\r\nTo unsubscribe", id="one@shop.test", subject="[list] Lamp"))
    assert (two.outcome, two.ticket) == ("duplicate", one.ticket)


def test_an_answer_to_a_closed_conversation_opens_one_that_follows_it():
    from careline.core.models import Event

    box = make_mailbox()
    first = arrive(box, letter(id="one@shop.test"))
    close(first.ticket)
    raw = arrive(box, letter("Again.", in_reply_to="<one@shop.test>"), at=LATER)
    assert (raw.outcome, raw.matched_by) == ("new", "foreign_message_id")
    opened = Event.objects.get(kind="ticket.opened", subject_id=raw.ticket.pk)
    assert opened.data["follows"] == first.ticket.pk


def test_an_answer_to_a_merged_conversation_reaches_the_survivor():
    box = make_mailbox()
    first, second = arrive(box, letter(id="one@shop.test")), arrive(box, letter("Same.", id="two@shop.test"))
    Ticket.objects.filter(pk=first.ticket.pk).update(merged_into=second.ticket, category=Category.CLOSED)
    raw = arrive(box, letter("More.", to=reply_to(first.ticket)))
    assert (raw.outcome, raw.ticket) == ("reply", second.ticket)


def test_an_answer_reopens_what_was_solved():
    box = make_mailbox()
    first = arrive(box, letter(id="one@shop.test"))
    status = make_status(Category.SOLVED)
    Ticket.objects.update(status=status, category=Category.SOLVED, solved_at=NOW)
    raw = arrive(box, letter("Still broken.", in_reply_to="<one@shop.test>"), at=LATER)
    assert (raw.ticket.pk, Ticket.objects.get().category) == (first.ticket.pk, "open")


def test_others_in_to_and_cc_take_part_but_never_we_ourselves():
    box = make_mailbox(aliases=["help@desk.test"])
    make_user(email="ben@desk.test")
    to = "care@desk.test, HELP@desk.test, care+x@desk.test, ben@desk.test, Olle <olle@shop.test>"
    raw = arrive(box, letter(to=to, cc="Siv <siv@shop.test>, anna@shop.test"))
    who = Participant.objects.filter(ticket=raw.ticket).order_by("pk").values_list("address", flat=True)
    assert list(who) == ["olle@shop.test", "siv@shop.test"]


def test_at_most_forty_people_come_in_with_one_mail():
    box = make_mailbox()
    crowd = ", ".join(f"p{number}@shop.test" for number in range(100))
    raw = arrive(box, letter(cc=crowd))
    assert raw.ticket.participants.count() == 40
    assert Person.objects.count() == 41


def test_somebody_new_is_named_as_new_and_takes_part():
    box = make_mailbox()
    first = arrive(box, letter())
    raw = arrive(box, letter("Hi.", sender="Siv <siv@else.test>", to=reply_to(first.ticket)))
    assert raw.message.flags == ["The sender is new to this conversation."]
    assert [one.address for one in first.ticket.participants.all()] == ["siv@else.test"]
    again = arrive(box, letter("Hi again.", sender="Siv <siv@else.test>", to=reply_to(first.ticket)))
    assert again.message.flags == []


def test_the_reply_to_address_is_the_customer():
    raw = arrive(make_mailbox(), letter(sender="Form <form@web.test>", reply_to="Anna <anna@shop.test>"))
    assert raw.message.address == "anna@shop.test"
    assert raw.ticket.customer.name == "Anna"


def test_a_google_group_does_not_hide_the_true_sender():
    raw = arrive(
        make_mailbox(),
        letter(
            sender="'Anna Berg' via Support <support@groups.test>",
            reply_to="support@groups.test",
            x_original_sender="anna@shop.test",
            list_id="<support.groups.test>",
        ),
    )
    assert raw.message.address == "anna@shop.test"


def test_ids_too_long_for_any_column_still_match():
    box = make_mailbox()
    long = "x" * 600 + "@shop.test"
    first = arrive(box, letter(id=long))
    assert arrive(box, letter("More.", in_reply_to=f"<{long}>")).ticket == first.ticket
    assert max(len(one) for one in MailId.objects.values_list("mail_id", flat=True)) <= 255


def test_mail_without_any_message_id_is_taken_in_and_kept_apart():
    box = make_mailbox()
    first, second = arrive(box, letter("One.", id="")), arrive(box, letter("Two.", id=""))
    assert first.ticket != second.ticket


def test_what_is_received_late_is_never_put_before_what_was_said_since():
    box = make_mailbox()
    first = arrive(box, letter())
    Ticket.objects.update(changed_at=LATER)
    kept = store_mail(
        mailbox=box, raw=letter("More.", to=reply_to(first.ticket)), via="imap", received_at=NOW
    )
    raw = take_in(raw_mail_id=kept.pk, now=LATER + timedelta(hours=1))
    assert raw.message.at == LATER


@pytest.mark.parametrize("style", ["outlook", "gmail", "apple", "numberless"])
def test_two_hundred_answers_open_no_second_conversation(style: str):
    box = make_mailbox()
    ticket = arrive(box, letter(id="start@shop.test")).ticket
    ids = ["start@shop.test"]
    for number in range(50):
        headers = {
            "outlook": {"in_reply_to": f"<{ids[-1]}>"},
            "gmail": {"in_reply_to": f"<{ids[-1]}>", "references": " ".join(f"<{one}>" for one in ids)},
            "apple": {"references": f"<{ids[0]}> <{our_id(ticket, number)}>"},
            "numberless": {"to": reply_to(ticket)},
        }[style]
        ids.append(f"{style}{number}@shop.test")
        raw = arrive(box, letter(f"Answer {number}", id=ids[-1], subject="Re: Lamp", **headers))
        assert raw.ticket == ticket
    assert Ticket.objects.count() == 1
    assert ticket.messages.count() == 51
