"""What came by mail: shown in a frame that runs nothing, files that open nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from careline.calc.mail.sanitise import sanitise
from careline.channels import actions as mail_actions
from careline.channels.models import Mailbox, Outgoing
from careline.core import files
from careline.core.models import User
from careline.tickets import actions
from careline.tickets.models import Message, Ticket
from careline.tickets.said import NewFile, NewMessage
from tests.make import make_person, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
HTML = '<p>Hello <img src="cid:logo"><img src="https://tracker.example/x.gif"></p>'


@pytest.fixture
def ben(client: Client) -> User:
    user = make_user("tickets.see", "tickets.reply", "health.see", "health.act")
    client.force_login(user)
    return user


def stored(data: bytes, name: str, kind: str, **more: Any) -> NewFile:
    kept = files.store(data, now=timezone.now())
    return NewFile(name=name, type=kind, size=len(data), file=kept, **more)


def bytes_of(answer: Any) -> bytes:
    """Read a file that was sent, and close it without ending the request a second time."""
    data = b"".join(answer.streaming_content)
    for close in answer._resource_closers:
        close()
    return data


def html_message(ticket: Ticket, html: str = HTML) -> Message:
    picture = stored(b"\x89PNG", "logo.png", "image/png", inline=True, content_id="logo")
    said = NewMessage(
        text="Hello", html=sanitise(html, cids={"logo"}).html, quoted_html="<p>Before</p>", files=[picture]
    )
    return actions.receive_message(ticket=ticket, message=said, now=timezone.now())


def body_of(client: Client, message: Message, query: str = "") -> Any:
    return client.get(reverse("tickets:message_body", args=[message.ticket_id, message.pk]) + query)


def test_html_lies_in_a_frame_of_its_own_with_a_policy_of_its_own(client: Client, ben: User) -> None:
    message = html_message(make_ticket())
    page = client.get(reverse("tickets:ticket", args=[message.ticket_id])).content.decode()
    address = reverse("tickets:message_body", args=[message.ticket_id, message.pk])
    assert f'src="{address}"' in page
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert "tracker.example" not in page
    assert "1 outside image is not loaded" in page
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src 'self' data:; ")
    assert "script-src" not in policy
    assert "sandbox allow-same-origin" in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["Referrer-Policy"] == "no-referrer"


def test_own_pictures_show_and_outside_ones_wait_to_be_asked_for(client: Client, ben: User) -> None:
    message = html_message(make_ticket())
    picture = message.attachments.get()
    text = body_of(client, message).content.decode()
    assert f'src="{reverse("tickets:file", args=[message.ticket_id, picture.pk])}?show=1"' in text
    assert ' src="https://tracker.example' not in text
    assert '<details class="mail-quoted"><summary>Quoted text</summary><p>Before</p>' in text
    asked = body_of(client, message, "?images=1")
    assert ' src="https://tracker.example/x.gif"' in asked.content.decode()
    assert "img-src 'self' data: https: http:" in asked["Content-Security-Policy"]


def test_a_link_that_is_not_what_it_seems_says_so(client: Client, ben: User) -> None:
    ticket = make_ticket()
    message = html_message(ticket, '<a href="https://evil.example/x">https://bank.example</a>')
    assert 'data-warning="leads elsewhere"' in body_of(client, message).content.decode()


@pytest.mark.parametrize(
    ("kind", "name", "sent_as", "how"),
    [
        ("text/html", "page.html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "evil.svg", "application/octet-stream", "attachment"),
        ("application/pdf", "bill.pdf", "application/octet-stream", "attachment"),
        ("text/plain", "note.txt", "application/octet-stream", "attachment"),
        ("image/png", "lamp.png", "image/png", "inline"),
    ],
)
def test_files_are_saved_and_only_pictures_are_shown(
    client: Client, ben: User, kind: str, name: str, sent_as: str, how: str
) -> None:
    ticket = make_ticket()
    said = NewMessage(text="See this.", files=[stored(b"bytes", name, kind)])
    message = actions.receive_message(ticket=ticket, message=said, now=timezone.now())
    address = reverse("tickets:file", args=[ticket.pk, message.attachments.get().pk])
    shown = client.get(address, {"show": "1"})
    bytes_of(shown)
    assert (shown["Content-Type"], shown["Content-Disposition"].partition(";")[0]) == (sent_as, how)
    saved = client.get(address)
    assert bytes_of(saved) == b"bytes"
    assert saved["Content-Disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    assert saved["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in saved["Content-Security-Policy"]
    assert saved["X-Content-Type-Options"] == "nosniff"


def test_a_name_cannot_break_out_of_its_header(client: Client, ben: User) -> None:
    ticket = make_ticket()
    name = 'a"; x\r\nSet-Cookie: a=b/../ü.html'
    said = NewMessage(text="See this.", files=[stored(b"bytes", name, "text/html")])
    message = actions.receive_message(ticket=ticket, message=said, now=timezone.now())
    answer = client.get(reverse("tickets:file", args=[ticket.pk, message.attachments.get().pk]))
    bytes_of(answer)
    said_name = answer["Content-Disposition"]
    assert said_name.startswith('attachment; filename="a; xSet-Cookie: a=b..')
    assert "\r" not in said_name
    assert "Set-Cookie" not in answer.headers


def test_a_file_belongs_to_its_conversation_and_is_seen_as_that(client: Client) -> None:
    user = make_user("tickets.see:own", "health.see")
    client.force_login(user)
    mine = html_message(make_ticket(assignee=user))
    other = html_message(make_ticket(team=make_team()))
    for name, of in (("message_body", "pk"), ("message_raw", "pk"), ("file", "file")):
        pk = {"pk": other.pk, "file": other.attachments.get().pk}[of]
        assert client.get(reverse(f"tickets:{name}", args=[other.ticket_id, pk])).status_code == 404
        # Nor through the address of a conversation that is theirs.
        assert client.get(reverse(f"tickets:{name}", args=[mine.ticket_id, pk])).status_code == 404
    kept = mine.attachments.get()
    files.path_of(kept.file.sha256).unlink()
    assert client.get(reverse("tickets:file", args=[mine.ticket_id, kept.pk])).status_code == 404


def test_the_mail_as_it_came_is_for_those_who_look_after_mail(client: Client, ben: User) -> None:
    box = Mailbox.objects.create(name="Help", address="help@lumen.example", inbound={"kind": "smtp"})
    heads = b"From: ada@example.org\r\nTo: help@lumen.example\r\nSubject: Lamp\r\nMessage-ID: <1@x>\r\n"
    raw = heads + b"\r\nHello\r\n"
    kept = mail_actions.store_mail(mailbox=box, raw=raw, via="smtp", received_at=timezone.now())
    taken = mail_actions.take_in(raw_mail_id=kept.pk, now=timezone.now())
    address = reverse("tickets:message_raw", args=[taken.ticket_id, taken.message_id])
    answer = client.get(address)
    assert answer.content == raw
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    page = client.get(reverse("tickets:ticket", args=[taken.ticket_id])).content.decode()
    assert address in page
    agent = Client()
    agent.force_login(make_user("tickets.see"))
    assert agent.get(address).status_code == 403
    assert address not in agent.get(reverse("tickets:ticket", args=[taken.ticket_id])).content.decode()


def test_what_became_of_our_mail_stands_below_it(client: Client, ben: User) -> None:
    ticket = make_ticket(customer=make_person("Ada", "ada@example.org"))
    message = actions.reply(ticket=ticket, message=NewMessage(text="Hello"), actor=ben, now=timezone.now())
    mail = Outgoing.objects.get(message=message)
    page = client.get(reverse("tickets:ticket", args=[ticket.pk])).content.decode()
    assert "Not sent. No mailbox can send." in page
    retry = reverse("tickets:message_retry", args=[ticket.pk, message.pk])
    assert retry in page
    refused = client.post(retry, headers=HTMX)
    assert refused.status_code == 422
    assert f'id="delivery-{message.pk}"' in refused.content.decode()
    Outgoing.objects.filter(pk=mail.pk).update(state="ready", problem="")
    delivery = reverse("tickets:message_delivery", args=[ticket.pk, message.pk])
    assert 'hx-trigger="every 3s"' in client.get(delivery).content.decode()
    Outgoing.objects.filter(pk=mail.pk).update(state="sent")
    assert "hx-trigger" not in client.get(delivery).content.decode()
    agent = Client()
    agent.force_login(make_user("tickets.see", "tickets.reply"))
    assert agent.post(retry).status_code == 403
    first = ticket.messages.get(kind="in")
    assert client.get(reverse("tickets:message_delivery", args=[ticket.pk, first.pk])).status_code == 404
