"""Runs in a process of its own on an installation: sets a desk up, answers its mail, and says what it holds.

`python -m tests.journeys.desk_under_fire COMMAND [JSON]`; it goes through actions, as a screen would.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careline.config.settings")


def prepare(given: dict[str, Any]) -> None:
    """Make the tables, an agent, and a mailbox that is read over IMAP and answers every new mail at once."""
    from django.utils import timezone

    from careline.channels.actions import save_mailbox
    from careline.config.migrate import up_to_date
    from careline.core.actions.roles import make_default_roles
    from careline.core.models import User

    up_to_date()
    now = timezone.now()
    ida = User.objects.create(email="ida@desk.example", name="Ida Holm", joined_at=now)
    ida.roles.add(make_default_roles()["admin"])
    save_mailbox(
        mailbox=None,
        name="Help",
        address=given["address"],
        inbound={
            "kind": "imap",
            "host": "127.0.0.1",
            "port": given["imap_port"],
            "security": "none",
            "user": given["address"],
            "auth": "password",
            "folder": "INBOX",
        },
        outbound={"host": "127.0.0.1", "port": given["smtp_port"], "security": "none"},
        secrets={"password": given["password"]},
        acknowledge=True,
        actor=ida,
        now=now,
    )


def answer(given: dict[str, Any]) -> None:
    """Answer every ticket that waits, one after the other, until killed."""
    from django.utils import timezone

    from careline.core.models import User
    from careline.tickets.actions import reply
    from careline.tickets.models import Ticket
    from careline.tickets.said import NewMessage

    ida = User.objects.get(email="ida@desk.example")
    while True:
        for ticket in Ticket.objects.filter(waiting_since__isnull=False).order_by("pk"):
            text = f"Answer to {ticket.subject}"
            reply(ticket=ticket, message=NewMessage(text=text), actor=ida, now=timezone.now())
        time.sleep(0.05)


def told(given: dict[str, Any]) -> dict[str, Any]:
    """Say what there is, for the test to judge."""
    from careline.channels.models import Outgoing, RawMail
    from careline.tickets.models import Message, Ticket

    outgoing = list(
        Outgoing.objects.values("mail_id", "state", "purpose", "problem", "attempts", "message_id")
    )
    return {
        "raw": [list(row) for row in RawMail.objects.values_list("state", "outcome", "subject")],
        "tickets": list(Ticket.objects.values_list("subject", flat=True)),
        "in": list(Message.objects.filter(kind="in").values_list("subject", flat=True)),
        "out": list(Message.objects.filter(kind="out").values_list("text", flat=True)),
        "outgoing": outgoing,
        "waiting": Ticket.objects.filter(waiting_since__isnull=False).count(),
    }


def main() -> None:
    """Do what the first word says."""
    django.setup()
    command, given = sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    done = {"prepare": prepare, "answer": answer, "told": told}[command](given)
    if done is not None:
        sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main()
