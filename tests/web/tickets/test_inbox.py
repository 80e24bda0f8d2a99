"""The inbox on screen: which conversations, in which order, how much they cost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from careline.channels.models import Mailbox
from careline.core.models import User
from careline.insights import queries as insights
from careline.tickets import actions, queries
from careline.tickets.models import Category, Ticket
from careline.tickets.said import Change
from tests.make import MONDAY_9, make_admin, make_person, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
URL = "/inbox/"


@pytest.fixture
def ben(client: Client) -> User:
    actions.make_default_statuses()
    actions.make_default_views()
    user = make_user("tickets.see", "tickets.edit", "tickets.reply")
    client.force_login(user)
    return user


def body(client: Client, address: str = URL, **given: Any) -> str:
    answer = client.get(address, given)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_inbox_begins_with_what_is_mine_and_leads_to_it(client: Client, ben: User) -> None:
    mine = make_ticket("My lamp", assignee=ben)
    make_ticket("Their lamp")
    page = body(client)
    assert "My lamp" in page
    assert "Their lamp" not in page
    assert f"/tickets/{mine.pk}/?in=view%3Dmy-open" in page


def test_without_the_permission_the_inbox_is_closed(client: Client) -> None:
    client.force_login(make_user("customers.see"))
    assert client.get(URL).status_code == 403
    assert client.get(reverse("tickets:inbox_export")).status_code == 403
    assert Client().get(URL).status_code == 302


@pytest.mark.parametrize(
    ("reach", "seen"),
    [
        ("own", {"Mine"}),
        ("team", {"Mine", "Team's", "Nobody's"}),
        ("all", {"Mine", "Team's", "Nobody's", "Other"}),
    ],
)
def test_one_sees_as_far_as_the_role_reaches(client: Client, reach: str, seen: set[str]) -> None:
    actions.make_default_views()
    user = make_user(f"tickets.see:{reach}")
    client.force_login(user)
    ours, others = make_team(user), make_team()
    make_ticket("Mine", assignee=user, team=others)
    make_ticket("Team's", team=ours)
    make_ticket("Nobody's")
    make_ticket("Other", team=others)
    everything = client.get(URL, {"view": "everything"})
    assert {row.ticket.subject for row in everything.context["rows"]} == seen
    exported = b"".join(client.get(reverse("tickets:inbox_export"), {"view": "everything"})).decode()
    assert {line.split(",")[1] for line in exported.splitlines()[1:]} == seen


def test_htmx_gets_the_list_alone(client: Client, ben: User) -> None:
    make_ticket("My lamp", assignee=ben)
    page = client.get(URL, headers=HTMX).content.decode()
    assert "My lamp" in page
    assert "<html" not in page


def test_filters_are_said_in_words_and_taken_away_one_by_one(client: Client, ben: User) -> None:
    team = make_team(name="Billing")
    make_ticket("Invoice wrong", team=team, priority=4)
    make_ticket("Invoice late", team=team, priority=2)
    make_ticket("Lamp", priority=4)
    answer = client.get(URL, {"team": team.pk, "priority": 4, "q": "invoice"})
    assert [row.ticket.subject for row in answer.context["rows"]] == ["Invoice wrong"]
    chips = {chip["field"]: chip for chip in answer.context["chips"]}
    assert chips["Team"]["words"] == "is Billing"
    assert chips["Priority"]["words"] == "is Urgent"
    assert chips["Subject"]["words"] == "“invoice”"
    without = client.get(chips["Priority"]["remove_url"])
    assert {row.ticket.subject for row in without.context["rows"]} == {"Invoice wrong", "Invoice late"}


def test_a_free_condition_becomes_chips_and_nonsense_is_left_out(client: Client, ben: User) -> None:
    make_ticket("Chatty", now=timezone.now())
    where = {
        "all": [
            {"field": "message_count", "op": "at_least", "value": 1},
            {"field": "assignee", "op": "empty"},
        ]
    }
    answer = client.get(URL, {"where": json.dumps(where)})
    assert [chip["words"] for chip in answer.context["chips"]] == ["is at least 1", "is empty"]
    assert [row.ticket.subject for row in answer.context["rows"]] == ["Chatty"]
    assert client.get(URL, {"where": '{"field": "password"}'}).context["chips"] == []
    assert (
        client.get(URL, {"where": "{", "status": "x", "after": "y", "sort": "z", "team": "-1"}).status_code
        == 200
    )


def test_nobody_is_a_filter_too(client: Client, ben: User) -> None:
    make_ticket("Free")
    make_ticket("Taken", assignee=ben)
    answer = client.get(URL, {"assignee": "none"})
    assert [row.ticket.subject for row in answer.context["rows"]] == ["Free"]
    assert answer.context["chips"][0]["words"] == "is nobody"


def test_pages_follow_each_other_without_repeating_a_row(client: Client, ben: User) -> None:
    start = timezone.now() - timedelta(days=2)
    for number in range(120):
        make_ticket(f"Lamp {number}", assignee=ben, now=start + timedelta(minutes=number))
    seen: list[str] = []
    address = f"{URL}?view=everything&sort=changed_at"
    while address:
        answer = client.get(address)
        seen += [row.ticket.subject for row in answer.context["rows"]]
        address = answer.context["older_url"]
    assert seen == [f"Lamp {number}" for number in range(120)]
    back = client.get(answer.context["newer_url"])
    assert [row.ticket.subject for row in back.context["rows"]] == [f"Lamp {n}" for n in range(50, 100)]


def test_due_late_and_awaiting_are_marked(client: Client, ben: User) -> None:
    now = timezone.now()
    late = make_ticket("Late", now=now - timedelta(hours=2))
    risk = make_ticket("Risky", now=now)
    hour = timedelta(hours=1)
    Ticket.objects.filter(pk=late.pk).update(
        due_at=now - hour, breached_at=now - hour, due_metric="first_reply"
    )
    Ticket.objects.filter(pk=risk.pk).update(due_at=now + hour, risk_at=now - hour)
    rows = {row.ticket.subject: row for row in client.get(URL, {"view": "everything"}).context["rows"]}
    assert (rows["Late"].due.state, rows["Late"].due.text) == ("late", "1 h")
    assert rows["Late"].due.title.startswith("First reply: ")
    assert rows["Risky"].due.state == "risk"
    assert rows["Late"].unread


def test_the_time_that_is_left_is_said_anew_in_its_place(client: Client, ben: User) -> None:
    ticket, hour = make_ticket("Lamp", assignee=ben), timedelta(hours=1)
    Ticket.objects.filter(pk=ticket.pk).update(
        due_at=timezone.now() - hour, breached_at=timezone.now() - hour
    )
    said = body(client, client.get(URL).context["dues_url"])
    assert f'<hx-partial hx-target="#due-{ticket.pk}"' in said
    assert "1 h late" in said


def test_the_list_of_fifty_costs_what_the_list_of_two_costs(
    client: Client,
    ben: User,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(60):
        ticket = make_ticket(f"Lamp {number}", assignee=ben, team=make_team(), customer=make_person(""))
        actions.add_tag(ticket=ticket, name=f"tag {number}", actor=None, now=timezone.now())
    client.get(URL)
    with django_assert_max_num_queries(22):
        answer = client.get(URL, {"view": "everything"})
    assert len(answer.context["rows"]) == 50


def test_the_pulse_counts_views_and_what_is_newer_than_the_list(client: Client, ben: User) -> None:
    make_ticket("Old", assignee=ben)
    address = client.get(URL).context["pulse_url"]
    assert "newer</button>" not in body(client, address)
    # A mail bears the time at which it arrived, so it may be older than the list that lacks it.
    make_ticket("New one", assignee=ben, now=MONDAY_9)
    make_ticket("Not in this list")
    pulse = body(client, address)
    assert "1 newer" in pulse
    assert '<hx-partial hx-target="#inbox-tabs"' in pulse
    address = client.get(URL).context["pulse_url"]
    old = Ticket.objects.get(subject="Old")
    actions.set_priority(ticket=old, priority=4, actor=ben, now=timezone.now())
    assert "newer</button>" not in body(client, address)
    assert client.get(reverse("tickets:inbox_pulse"), {"since": "yesterday"}).status_code == 200


def test_an_empty_inbox_teaches_how_mail_comes(client: Client) -> None:
    actions.make_default_views()
    client.force_login(make_admin())
    page = body(client)
    assert "No mailbox is connected yet" in page
    assert "Connect a mailbox" in page
    ben = Client()
    ben.force_login(make_user("tickets.see"))
    page = body(ben)
    assert "An administrator can do that." in page
    assert "Connect a mailbox</a>" not in page


def test_a_new_desk_with_a_mailbox_says_where_to_write(client: Client) -> None:
    actions.make_default_views()
    client.force_login(make_admin())
    Mailbox.objects.create(name="Help", address="help@shop.example", inbound={"kind": "smtp"})
    page = body(client)
    assert "Your first conversation will be here" in page
    assert "Write a mail to help@shop.example" in page
    assert 'data-live="inbox" data-live-pause="2500"' in page  # it fills itself: nothing can jump
    make_ticket("Lamp")
    assert "Nothing waits for you" in body(client)


def test_an_empty_filter_says_so(client: Client, ben: User) -> None:
    assert "No conversation is like that" in body(client, q="unicorn")


def test_the_export_is_the_list_one_sees_and_no_formula(client: Client, ben: User) -> None:
    make_ticket("=HYPERLINK(1)", assignee=ben, customer=make_person("Zoë Å"))
    make_ticket("Elsewhere")
    answer = client.get(reverse("tickets:inbox_export"), {"view": "my-open"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert text.splitlines()[0].startswith("Number,Subject,Status")
    assert "'=HYPERLINK(1)" in text
    assert "Zoë Å" in text
    assert "Elsewhere" not in text
    assert answer["Content-Disposition"] == 'attachment; filename="conversations.csv"'


def test_selected_conversations_change_together_and_back(client: Client, ben: User) -> None:
    tickets = [make_ticket(f"Lamp {n}", assignee=ben) for n in range(3)]
    left = make_ticket("Left", assignee=ben)
    chosen = {"ticket": [t.pk for t in tickets], "do": "solve"}
    answer = client.post(f"{reverse('tickets:inbox_change')}?view=my-open", chosen, headers=HTMX)
    assert answer.status_code == 200
    assert {row.ticket.subject for row in answer.context["rows"]} == {"Left"}
    toast = json.loads(answer["HX-Trigger"])["toast"]
    assert toast["text"] == "3 conversations changed."
    back = client.post(toast["undo_url"], headers=HTMX)
    assert json.loads(back["HX-Trigger"])["told"] == ["inbox", "list"]
    categories = set(Ticket.objects.exclude(pk=left.pk).values_list("category", flat=True))
    assert categories == {str(Category.NEW)}


def test_all_pages_change_at_once(client: Client, ben: User) -> None:
    for number in range(60):
        make_ticket(f"Lamp {number}", assignee=ben)
    cleo = make_user("tickets.see", name="Cleo")
    data = {"across": "1", "do": f"assign:{cleo.pk}"}
    client.post(f"{reverse('tickets:inbox_change')}?view=my-open", data, headers=HTMX)
    assert Ticket.objects.filter(assignee=cleo).count() == 60


def test_the_edit_dialog_changes_only_what_is_chosen(client: Client, ben: User) -> None:
    ticket, team = make_ticket(assignee=ben, priority=2), make_team(ben)
    hold = make_status(Category.HOLD)
    data = {"ticket": ticket.pk, "do": "edit", "status": hold.pk, "team": team.pk, "add": ["Refund", "vip"]}
    client.post(reverse("tickets:inbox_change"), data, headers=HTMX)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.team, ticket.priority) == ("hold", team, 2)
    assert {tag.name for tag in ticket.tags.all()} == {"refund", "vip"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"do": "solve"}, "Select conversations first."),
        ({"ticket": 1, "do": "dance"}, "Choose what to do with them."),
        ({"ticket": 1, "do": "edit"}, "Choose what to change."),
        ({"ticket": 1, "do": "edit", "status": 999}, "no longer offered"),
        ({"ticket": 1, "do": "edit", "add": ["x" * 80]}, "one to sixty characters"),
    ],
)
def test_a_change_that_makes_no_sense_is_422_with_the_list(
    client: Client, ben: User, data: dict[str, Any], words: str
) -> None:
    ticket = make_ticket("Lamp", assignee=ben)
    data = {**data, "ticket": ticket.pk} if "ticket" in data else data
    answer = client.post(reverse("tickets:inbox_change"), data, headers=HTMX)
    assert answer.status_code == 422
    assert words in json.loads(answer["HX-Trigger"])["toast"]["text"]
    assert b'id="inbox"' in answer.content
    plain = client.post(reverse("tickets:inbox_change"), data)
    assert plain.status_code == 302


def test_what_is_not_mine_to_change_is_left_and_said(client: Client) -> None:
    actions.make_default_views()
    user = make_user("tickets.see", "tickets.edit:own")
    client.force_login(user)
    mine, other = make_ticket("Mine", assignee=user), make_ticket("Other", team=make_team())
    answer = client.post(
        reverse("tickets:inbox_change"), {"ticket": [mine.pk, other.pk], "do": "solve"}, headers=HTMX
    )
    text = json.loads(answer["HX-Trigger"])["toast"]["text"]
    assert text == "1 conversation changed. 1 was left as it is: closed, or not yours to change."


def test_bulk_changes_need_the_permission_and_the_token(ben: User) -> None:
    stranger = Client()
    stranger.force_login(make_user("tickets.see"))
    assert stranger.post(reverse("tickets:inbox_change"), {"ticket": 1, "do": "solve"}).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ben)
    assert strict.post(reverse("tickets:inbox_change"), {"ticket": 1, "do": "solve"}).status_code == 403


def test_an_undo_that_is_not_ours_is_404(client: Client, ben: User) -> None:
    assert client.post(f"{reverse('tickets:inbox_undo')}?what=forged").status_code == 404
    assert client.get(reverse("tickets:inbox_undo")).status_code == 405


def test_undoing_many_leaves_what_was_changed_since(client: Client, ben: User) -> None:
    tickets = [make_ticket(assignee=ben) for _ in range(2)]
    answer = client.post(
        reverse("tickets:inbox_change"), {"ticket": [t.pk for t in tickets], "do": "solve"}, headers=HTMX
    )
    hold = Change(status=make_status(Category.HOLD))
    actions.change_many(ticket_ids=[tickets[0].pk], change=hold, actor=None, now=timezone.now())
    back = client.post(json.loads(answer["HX-Trigger"])["toast"]["undo_url"], headers=HTMX)
    text = json.loads(back["HX-Trigger"])["toast"]["text"]
    assert text == "1 change taken back. The rest was changed again since."
    assert queries.ticket_for(ben, tickets[0].pk).category == "hold"  # type: ignore[union-attr]


def test_a_figure_of_another_page_opens_the_rows_it_counts(client: Client) -> None:
    actions.make_default_views()
    cleo = make_user("tickets.see", "today.see")
    client.force_login(cleo)
    team = make_team(name="Billing")
    make_ticket("Waits in Billing", team=team, now=timezone.now())
    make_ticket("Waits elsewhere", now=timezone.now())
    query = insights.query_of("waiting", team=str(team.pk))
    answer = client.get(f"{URL}?{query}")
    assert [row.ticket.subject for row in answer.context["rows"]] == ["Waits in Billing"]
    assert len(answer.context["chips"]) == 1
    assert "Billing" in answer.context["chips"][0]["words"]
    assert f"figure=waiting&amp;team={team.pk}" in answer.content.decode()
    assert client.get(f"{URL}?figure=nonsense&team=x&hour=y").status_code == 200
