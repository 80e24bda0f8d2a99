"""Answering a customer, and writing notes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from careline.core import files
from careline.core.models import User
from careline.tickets import actions
from careline.tickets.models import Category, Message, Ticket
from careline.tickets.said import NewMessage
from tests.make import make_person, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ben(client: Client) -> User:
    actions.make_default_statuses()
    user = make_user("tickets.see", "tickets.edit", "tickets.reply")
    client.force_login(user)
    return user


def write(client: Client, ticket: Ticket, text: str = "We send a new one.", **given: Any) -> Any:
    data = {"kind": "out", "text": text, "version": ticket.version, **given}
    return client.post(reverse("tickets:ticket_reply", args=[ticket.pk]), data, headers=HTMX)


def test_an_answer_is_said_to_the_customer_and_the_composer_is_empty_again(client: Client, ben: User) -> None:
    ticket = make_ticket(customer=make_person("Ada", "ada@example.org"))
    answer = write(client, ticket, cc="carl@example.org", bcc="dora@example.org")
    message = Message.objects.get(ticket=ticket, kind="out")
    assert (message.text, message.author, message.address) == ("We send a new one.", ben, "ada@example.org")
    assert [one["address"] for one in message.cc] == ["carl@example.org"]
    assert [one["address"] for one in message.bcc] == ["dora@example.org"]
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="composer-form"' in page
    assert "We send a new one." not in page
    news = json.loads(answer["HX-Trigger"])
    assert (news["toast"]["text"], news["told"]) == ("On its way.", [f"ticket:{ticket.pk}"])


def test_an_answer_goes_to_where_the_customer_wrote_from(client: Client, ben: User) -> None:
    ticket = make_ticket(text="")
    said = NewMessage(text="From my phone.", address="ada@home.example")
    actions.receive_message(ticket=ticket, message=said, now=timezone.now())
    write(client, ticket)
    assert Message.objects.get(kind="out").address == "ada@home.example"


def test_an_answer_may_set_the_status(client: Client, ben: User) -> None:
    ticket = make_ticket()
    answer = write(client, ticket, status=make_status(Category.SOLVED).pk)
    ticket.refresh_from_db()
    assert ticket.category == "solved"
    assert json.loads(answer["HX-Trigger"])["toast"]["text"] == "On its way. Status: Solved."


def test_a_note_stays_among_colleagues(client: Client, ben: User) -> None:
    ticket = make_ticket()
    write(
        client,
        ticket,
        "Call her.",
        kind="note",
        cc="carl@example.org",
        status=make_status(Category.SOLVED).pk,
    )
    note = Message.objects.get(kind="note")
    ticket.refresh_from_db()
    assert (note.text, note.cc, ticket.category) == ("Call her.", [], "new")
    plain = {"text": "Again.", "as": "note", "kind": "out"}
    client.post(reverse("tickets:ticket_reply", args=[ticket.pk]), plain)
    assert Message.objects.filter(kind="note").count() == 2


def test_files_go_with_it(client: Client, ben: User) -> None:
    ticket = make_ticket()
    upload = SimpleUploadedFile("rechnung ü.pdf", b"%PDF-1.7", content_type="application/pdf")
    write(client, ticket, "", attachments=[upload, SimpleUploadedFile("a.txt", b"hello")])
    kept = Message.objects.get(kind="out").attachments.order_by("pk")
    assert [(one.name, one.size) for one in kept] == [("rechnung ü.pdf", 8), ("a.txt", 5)]
    assert files.read(kept[0].file) == b"%PDF-1.7"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"text": "  "}, "Write something, or attach a file."),
        ({"cc": "carl"}, "“carl” is not a mail address."),
        ({"to": "stranger@example.org"}, "Choose one of the customer&#x27;s addresses."),
        ({"status": 999}, "That status is no longer offered."),
    ],
)
def test_an_answer_that_cannot_go_is_422_and_keeps_what_was_typed(
    client: Client, ben: User, given: dict[str, Any], words: str
) -> None:
    ticket = make_ticket()
    answer = write(client, ticket, **{"text": "Typed words.", **given})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Typed words." in page or not given.get("text", "x").strip()
    assert "<html" not in page
    assert not Message.objects.filter(kind="out").exists()


def test_too_many_or_too_large_files_are_refused(client: Client, ben: User, monkeypatch: Any) -> None:
    ticket = make_ticket()
    many = [SimpleUploadedFile(f"{n}.txt", b"x") for n in range(31)]
    assert b"at most 30 files" in write(client, ticket, attachments=many).content
    monkeypatch.setattr("careline.web.tickets.forms.LARGEST", 3)
    large = SimpleUploadedFile("large.bin", b"four")
    assert b"larger than 25 MB" in write(client, ticket, attachments=[large]).content


def test_something_newer_is_shown_instead_of_sending_until_one_sends_anyway(
    client: Client, ben: User
) -> None:
    ticket = make_ticket(customer=make_person("Ada Lund"))
    seen = ticket.version
    said = NewMessage(text="Wait, it shines again.")
    actions.receive_message(ticket=ticket, message=said, now=timezone.now())
    refused = write(client, ticket, "Send it back.", version=seen)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Something newer has come in. Nothing was sent yet." in page
    assert "Wait, it shines again." in page
    assert "Send it back." in page
    assert not Message.objects.filter(kind="out").exists()
    sent = write(client, ticket, "Send it back.", version=seen, anyway=refused.context["anyway"])
    assert sent.status_code == 200
    assert Message.objects.filter(kind="out").count() == 1


def test_something_still_newer_is_shown_again(client: Client, ben: User) -> None:
    ticket = make_ticket()
    seen = ticket.version
    actions.receive_message(ticket=ticket, message=NewMessage(text="First."), now=timezone.now())
    anyway = write(client, ticket, version=seen).context["anyway"]
    actions.receive_message(ticket=ticket, message=NewMessage(text="Second."), now=timezone.now())
    again = write(client, ticket, version=seen, anyway=anyway)
    assert again.status_code == 422
    assert "Second." in again.content.decode()


def test_without_htmx_the_page_comes_back_whole(client: Client, ben: User) -> None:
    ticket = make_ticket()
    address = reverse("tickets:ticket_reply", args=[ticket.pk])
    wrong = client.post(address, {"kind": "out", "text": ""})
    assert (wrong.status_code, b"<html" in wrong.content) == (422, True)
    right = client.post(address, {"kind": "out", "text": "Hello.", "version": ticket.version}, follow=True)
    assert right.redirect_chain == [(reverse("tickets:ticket", args=[ticket.pk]), 302)]
    assert b"On its way." in right.content


def test_a_closed_conversation_takes_no_answer(client: Client, ben: User) -> None:
    ticket = make_ticket()
    actions.close_ticket(ticket=ticket, actor=None, now=timezone.now())
    answer = write(client, ticket)
    assert answer.status_code == 422
    assert "Begin a new conversation" in answer.content.decode()


def test_the_doors(client: Client, ben: User) -> None:
    ticket = make_ticket()
    address = reverse("tickets:ticket_reply", args=[ticket.pk])
    assert client.get(address).status_code == 405
    assert client.post(reverse("tickets:ticket_reply", args=[9999]), {"text": "x"}).status_code == 404
    reader = Client()
    reader.force_login(make_user("tickets.see", "tickets.edit"))
    assert reader.post(address, {"kind": "out", "text": "x"}).status_code == 403
    own = Client()
    own.force_login(make_user("tickets.see", "tickets.reply:own"))
    other = make_ticket(team=make_team())
    refused = own.post(reverse("tickets:ticket_reply", args=[other.pk]), {"kind": "out", "text": "x"})
    assert refused.status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ben)
    assert strict.post(address, {"kind": "out", "text": "x"}).status_code == 403
