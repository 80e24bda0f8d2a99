"""Runs inside django-helpdesk's environment: fill it with tickets, and time its list and its ticket page."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from statistics import median
from time import perf_counter

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.management.color import no_style  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from helpdesk.models import FollowUp, Queue, Ticket  # noqa: E402
from helpdesk.query import query_to_base64  # noqa: E402

ROUNDS = 7


def fill(count: int) -> None:
    """Write tickets with two follow-ups each; two in a hundred are open, as in a desk that keeps up."""
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    agent = get_user_model().objects.create_superuser("agent", "agent@desk.example", "secret")
    queue = Queue.objects.create(title="Help", slug="help", allow_public_submission=True)
    now = timezone.now()
    for first in range(0, count, 5_000):
        tickets = [
            Ticket(
                id=number + 1,
                title=f"Where is parcel {number}",
                queue=queue,
                created=now - timedelta(minutes=count - number),
                modified=now - timedelta(minutes=count - number),
                submitter_email=f"customer{number % 20_000}@example.net",
                assigned_to=agent if number % 3 else None,
                status=1 if number % 50 == 0 else 4,
                description="The parcel has not come. " * 8,
                priority=number % 5 + 1,
            )
            for number in range(first, min(first + 5_000, count))
        ]
        Ticket.objects.bulk_create(tickets)
        said = [
            FollowUp(
                ticket=ticket,
                date=ticket.created,
                title="E-mail",
                comment="It has not come. " * 12,
                public=True,
            )
            for ticket in tickets
            for _ in range(2)
        ]
        FollowUp.objects.bulk_create(said)
    with connection.cursor() as cursor:  # the numbers above were given by hand; PostgreSQL goes on from one
        for statement in connection.ops.sequence_reset_sql(no_style(), [Ticket]):
            cursor.execute(statement)


def timed(client: Client, url: str) -> float:
    """Return the median seconds of one page."""
    spent = []
    for _ in range(ROUNDS):
        began = perf_counter()
        answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        spent.append(perf_counter() - began)
    return median(spent)


def main() -> None:
    """Fill, measure, and print the seconds."""
    count = int(sys.argv[1])
    fill(count)
    client = Client()
    client.force_login(get_user_model().objects.get(username="agent"))
    everything = {"filtering": {}, "sorting": "created", "search_string": "", "sortreverse": True}
    columns = "&order[0][column]=5&order[0][dir]=desc"
    rows = f"draw=1&start=0&length=50&search[value]={columns}"
    opened = {**everything, "filtering": {"status__in": [1, 2]}}
    told = {
        "frame": timed(client, "/tickets/"),
        "rows_all": timed(client, f"/datatables_ticket_list/{query_to_base64(everything)}?{rows}"),
        "rows_open": timed(client, f"/datatables_ticket_list/{query_to_base64(opened)}?{rows}"),
        "ticket": timed(client, f"/tickets/{count // 2}/"),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
