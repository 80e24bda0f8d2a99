"""Today: what needs a decision, the figures, the day, promises, teams and people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from careline.channels.models import Mailbox, Outgoing, RawMail
from careline.core.models import Event, File, Job, User
from careline.sla.models import Clock
from careline.tickets.models import Ticket
from tests.make import MONDAY_9, make_admin, make_policy, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
NOW = MONDAY_9 + timedelta(hours=4)  # Monday 5 January 2026, 11:00 UTC
HOUR = timedelta(hours=1)
BUDGET = 45  # queries for everything on the page, the frame included


@pytest.fixture
def mara(client: Client) -> Client:
    user = make_admin(name="Mara Jansen")
    client.force_login(user)
    return client


def look(client: Client, path: str = "/today/", **headers: Any) -> str:
    with time_machine.travel(NOW, tick=False):
        answer = client.get(path, **headers)
    assert answer.status_code == 200, answer.status_code
    return unescape(answer.content.decode())


def figure(page: str, label: str) -> str:
    """Return the number under a label."""
    found = re.search(rf'figure-link" href="[^"]*">{label}</a>.*?figure-value">([^<]*)', page, re.S)
    assert found, label
    return found[1].strip()


def test_a_new_desk_is_told_what_will_be_here_and_how_to_begin(mara: Client) -> None:
    page = look(mara)
    assert "Your day will be here" in page
    for step in ("Connect a mailbox", "Invite your people", "Say when you are open", "Open a conversation"):
        assert step in page
    assert "Waiting now" not in page


def test_a_figure_of_mail_leads_only_where_one_may_go(client: Client, mara: Client) -> None:
    make_ticket(now=NOW - HOUR)
    page = look(mara)
    assert page.count('href="/setup/channels/"') == 3  # the rail, the command bar and the figure
    assert 'href="/setup/channels/outbox/"' in page
    client.force_login(make_user("today.see", "tickets.see", "health.see", name="Cleo"))
    page = look(client)
    assert "Mailboxes read" in page
    assert 'href="/setup/channels/"' not in page
    assert 'href="/setup/channels/quarantine/"' in page


def test_a_new_desk_is_offered_only_what_is_left(mara: Client) -> None:
    Mailbox.objects.create(name="Help", address="help@shop.example", inbound={"kind": "smtp"})
    make_user(name="Ben")
    page = look(mara)
    assert 'href="mailto:help@shop.example">Write to help@shop.example</a>' in page
    assert "Connect a mailbox" not in page
    assert "Invite your people" not in page
    assert "Open a conversation" in page


def test_steps_that_one_may_not_take_are_not_offered(client: Client) -> None:
    client.force_login(make_user("today.see", "tickets.see", name="Dan"))
    page = look(client)
    assert "Your day will be here" in page
    assert "Connect a mailbox" not in page


def test_nothing_needs_you_is_a_fine_page(mara: Client) -> None:
    ticket = make_ticket(now=NOW - HOUR)
    Ticket.objects.filter(pk=ticket.pk).update(waiting_since=None)
    page = look(mara)
    assert "Nothing needs you" in page
    assert figure(page, "Waiting now") == "0"
    assert figure(page, "New today") == "1"


def test_the_figures_say_how_things_stand(mara: Client) -> None:
    team = make_team(name="Billing")
    for number in range(3):
        make_ticket(now=NOW - (number + 1) * HOUR, team=team)
    late, soon, _third = Ticket.objects.order_by("-opened_at")
    Ticket.objects.filter(pk=late.pk).update(due_at=NOW - HOUR, breached_at=NOW - HOUR)
    Ticket.objects.filter(pk=soon.pk).update(due_at=NOW + HOUR / 2)
    page = look(mara)
    assert figure(page, "Waiting now") == "3"
    assert figure(page, "Longest wait") == "3 h"
    assert figure(page, "Late now") == "1"
    assert figure(page, "Due soon") == "1"
    assert figure(page, "Unassigned") == "3"
    assert "1 conversation is late" in page
    assert "All in Billing." in page
    assert page.index("1 conversation is late") < page.index("1 conversation is due within the hour")


def test_every_number_leads_to_the_list_it_counts(mara: Client) -> None:
    team = make_team(name="Billing")
    make_ticket(now=NOW - HOUR, team=team)
    page = look(mara)
    for link in (
        "/inbox/?figure=waiting",
        "/inbox/?figure=arrivals",
        "/inbox/?figure=arrivals&hour=2026-01-05T10%3A00Z",
        f"/inbox/?figure=open&team={team.pk}",
        "/today/figures/first_reply/",
    ):
        assert f'href="{link}"' in page, link


def test_the_page_is_narrowed_to_a_team(mara: Client) -> None:
    billing, delivery = make_team(name="Billing"), make_team(name="Delivery")
    for team in (billing, billing, delivery, None):
        make_ticket(now=NOW - HOUR, team=team)
    assert figure(look(mara), "Waiting now") == "4"
    page = look(mara, f"/today/?team={billing.pk}")
    assert figure(page, "Waiting now") == "2"
    assert f'hx-get="/today/?team={billing.pk}"' in page
    assert f"/inbox/?figure=waiting&team={billing.pk}" in page
    assert figure(look(mara, "/today/?team=none"), "Waiting now") == "1"
    assert figure(look(mara, "/today/?team=nonsense'"), "Waiting now") == "4"


def test_a_lead_sees_her_teams_and_chooses_among_them(client: Client) -> None:
    cleo = make_user("today.see:team", "tickets.see", name="Cleo")
    own = make_team(name="Billing", lead=cleo)
    other = make_team(name="Delivery")
    for team in (own, other, other):
        make_ticket(now=NOW - HOUR, team=team)
    client.force_login(cleo)
    page = look(client)
    assert figure(page, "Waiting now") == "1"
    assert "Delivery" not in page
    assert figure(look(client, f"/today/?team={other.pk}"), "Waiting now") == "0"


def test_the_day_is_set_against_the_same_weekday(mara: Client) -> None:
    make_ticket(now=NOW - timedelta(weeks=9))
    # Two, four and six an hour ago on the three Mondays before; the median is four.
    for week, count in ((1, 2), (2, 4), (3, 6)):
        for _number in range(count):
            make_ticket(now=NOW - timedelta(weeks=week) - HOUR)
    # Five weeks of the eight had none: medians are over all eight, 0 0 0 0 0 2 4 6.
    for _number in range(12):
        make_ticket(now=NOW - HOUR)
    page = look(mara)
    assert figure(page, "New today") == "12"
    assert "12 more than a usual Monday" in page
    assert "12 more than usual by now" in page


def test_without_two_such_days_nothing_is_called_usual(mara: Client) -> None:
    make_ticket(now=NOW - HOUR)
    page = look(mara)
    assert "two earlier days to compare with" in page
    assert "than a usual" not in page


def test_promises_kept_are_counted_and_set_against_the_target(mara: Client) -> None:
    make_policy(targets={"first_reply": 7_200}, now=NOW - timedelta(days=30))
    ticket = make_ticket(now=NOW - HOUR)
    policy = Clock.objects.get(ticket=ticket, metric="first_reply").policy_id
    Clock.objects.all().delete()

    def clock(cycle: int, outcome: str, at: datetime, broken: datetime | None = None) -> None:
        Clock.objects.create(
            ticket=ticket, metric="first_reply", cycle=cycle, policy_id=policy, target_s=7_200, started_at=at,
            outcome=outcome, stopped_at=None if outcome == "running" else at, breached_at=broken,
        )  # fmt: skip

    day = timedelta(days=1)
    for cycle in range(7):
        clock(cycle, "met", NOW - day)
    clock(7, "breached", NOW - HOUR, NOW - 2 * HOUR)  # answered late: broken
    clock(8, "running", NOW - 3 * HOUR, NOW - HOUR)  # still owed: broken all the same
    clock(9, "breached", NOW - day, NOW - 8 * day)  # decided the week before, however late the answer came
    clock(10, "met", NOW - 8 * day)
    clock(11, "cancelled", NOW - day, NOW - 2 * day)  # nothing was decided
    page = look(mara)
    assert "7 of 9 kept" in page
    assert "50 % of 2 in the week before" in page
    assert "First replies: 78 % kept, 90 % aimed at" in page
    broken = look(mara, "/today/figures/first_reply/")
    assert len(re.findall(r"<tr data-key-row", broken)) == 2
    assert "still owed" in broken
    kept = look(mara, "/today/figures/first_reply/?show=kept")
    assert len(re.findall(r"<tr data-key-row", kept)) == 7
    before = look(mara, "/today/figures/first_reply/?week=before")
    assert "First replies: 50 % kept" in before


def test_a_list_of_promises_goes_on_page_by_page(mara: Client) -> None:
    ticket = make_ticket(now=NOW - HOUR)
    for cycle in range(120):
        at = NOW - HOUR - timedelta(seconds=cycle // 2)  # pairs at the same instant
        Clock.objects.create(
            ticket=ticket, metric="resolution", cycle=100 + cycle, target_s=60, started_at=at,
            outcome="breached", breached_at=at, stopped_at=at,
        )  # fmt: skip
    seen: list[str] = []
    url = "/today/figures/resolution/"
    while url:
        page = look(mara, url)
        seen += re.findall(r"<tr data-key-row", page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        url = older[1] if older else ""
    assert len(seen) == 120


@pytest.mark.parametrize(
    "path", ["nonsense/", "first_reply/?after=x", "first_reply/?after=2026-01-05T09:00~1"]
)
def test_what_is_no_figure_or_no_place_in_it_is_not_found(mara: Client, path: str) -> None:
    assert mara.get(f"/today/figures/{path}").status_code == 404


def test_what_is_stuck_in_the_mail_needs_somebody(mara: Client) -> None:
    make_ticket(now=NOW - HOUR)
    box = Mailbox.objects.create(name="Help", address="help@lumen.example", problem="The password is wrong.")
    kept = File.objects.create(sha256="0" * 64, size=1, created_at=NOW)
    RawMail.objects.create(mailbox=box, file=kept, dedupe_key="1", received_at=NOW, state="quarantined")
    Outgoing.objects.create(mail_id="1@lumen.example", state="failed", created_at=NOW, send_at=NOW)
    Job.objects.create(task="x", state="dead", run_at=NOW, enqueued_at=NOW)
    page = look(mara)
    for sentence in (
        "Help cannot be read",
        "The password is wrong.",
        "1 mail was not delivered",
        "1 mail was set aside",
        "1 piece of background work was given up",
    ):
        assert sentence in page
    assert (figure(page, "Set aside"), figure(page, "Not delivered")) == ("1", "1")
    assert figure(page, "Mailboxes read") == "0 / 1"


def test_the_mail_is_nobodys_business_without_the_permission(client: Client) -> None:
    make_ticket(now=NOW - HOUR)
    Mailbox.objects.create(name="Help", address="help@lumen.example", problem="The password is wrong.")
    client.force_login(make_user("today.see", "tickets.see", name="Quinn"))
    page = look(client)
    assert "Help cannot be read" not in page
    assert "Set aside" not in page


def test_who_is_here_is_told_with_what_each_has_open(mara: Client) -> None:
    ben = make_user("tickets.see", name="Ben Okafor", last_seen_at=NOW - timedelta(minutes=4))
    nia = make_user(name="Nia Petrov", last_seen_at=NOW, availability="away")
    make_team(ben, nia, make_user(name="Gone Long", last_seen_at=NOW - timedelta(minutes=6)), name="Billing")
    for _number in range(2):
        make_ticket(now=NOW - HOUR, assignee=ben)
    page = look(mara)
    people = page[page.index("Who is here") :]
    assert "1 of 3" in people
    assert "1 away" in people
    assert re.search(r'data-state="here">Ben Okafor.*?2 open', people, re.S)
    assert re.search(r'data-state="away">Nia Petrov', people)
    assert "Gone Long" not in people
    assert f"/inbox/?figure=open&agent={ben.pk}" in people


def test_a_team_without_anybody_is_told_of_while_the_desk_is_open(mara: Client) -> None:
    make_policy()  # Monday, 11:00 UTC is inside its hours
    team = make_team(make_user(name="Ben"), name="Billing")
    make_ticket(now=NOW - HOUR, team=team)
    assert "Nobody of Billing is here" in look(mara)
    with time_machine.travel(NOW + timedelta(hours=12), tick=False):
        assert "Nobody of Billing is here" not in mara.get("/today/").content.decode()


def test_a_refresh_answers_with_the_board_alone(mara: Client) -> None:
    make_ticket(now=NOW - HOUR)
    page = look(mara, HTTP_HX_REQUEST="true")
    assert page.lstrip().startswith('<div id="board"')
    assert 'data-live="today"' in page
    assert 'data-live-pause="5000"' in page
    assert "<html" not in page


def test_who_may_not_see_today_does_not(client: Client) -> None:
    client.force_login(make_user("tickets.see", name="Ben"))
    for path in ("/today/", "/today/figures/first_reply/", "/today/targets/"):
        assert client.get(path).status_code == 403


def test_the_target_is_changed_and_remembered(mara: Client) -> None:
    make_ticket(now=NOW - HOUR)
    assert 'value="90"' in look(mara, "/today/targets/")
    with time_machine.travel(NOW, tick=False):
        mara.post("/today/targets/", {"first_reply": "75", "resolution": "90"})
    assert 'value="75"' in look(mara, "/today/targets/")
    event = Event.objects.get(kind="targets.changed")
    assert event.data == {"changed": {"first_reply": {"old": 0.9, "new": 0.75}}}
    with time_machine.travel(NOW, tick=False):
        wrong = mara.post(
            "/today/targets/", {"first_reply": "101", "resolution": "0"}, HTTP_HX_REQUEST="true"
        )
    assert wrong.status_code == 422
    assert "<html" not in wrong.content.decode()


def test_the_page_asks_the_database_a_fixed_number_of_times(
    mara: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def fill(count: int) -> None:
        for _number in range(count):
            team = make_team(make_user(last_seen_at=NOW), make_user("tickets.see", last_seen_at=NOW))
            make_ticket(now=NOW - HOUR, team=team, assignee=User.objects.last())

    fill(2)
    look(mara)
    with django_assert_max_num_queries(BUDGET) as few:
        look(mara)
    fill(8)
    with django_assert_max_num_queries(BUDGET) as many:
        look(mara)
    assert len(few) == len(many)


def test_the_day_begins_at_midnight_where_the_operation_is(mara: Client) -> None:
    from careline.core import settings as choices

    choices.put("operation.time_zone", "Pacific/Auckland")
    # 11:00 UTC is midnight in Auckland: the day has just begun there.
    make_ticket(now=NOW - timedelta(minutes=1))
    make_ticket(now=NOW)
    page = look(mara)
    assert figure(page, "New today") == "1"
    assert "Tuesday, 6 January" in page
    assert datetime(2026, 1, 5, 11, tzinfo=UTC) == NOW


def test_the_inbox_lists_what_a_figure_counts(mara: Client) -> None:
    team = make_team(name="Billing")
    for number in range(7):
        make_ticket(now=NOW - (number + 1) * HOUR, team=team if number < 4 else None)
    Ticket.objects.filter(team=None).update(breached_at=NOW - HOUR)
    page = look(mara)
    shown = {
        "waiting": "Waiting now",
        "late": "Late now",
        "unassigned": "Unassigned",
        "arrivals": "New today",
    }
    for key, label in shown.items():
        inbox = look(mara, f"/inbox/?figure={key}")
        assert str(len(set(re.findall(r"/tickets/(\d+)/", inbox)))) == figure(page, label), key
    narrowed = look(mara, f"/inbox/?figure=waiting&team={team.pk}")
    assert len(set(re.findall(r"/tickets/(\d+)/", narrowed))) == 4
