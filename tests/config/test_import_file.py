"""Tickets from CSV and JSON lines: at their original times, once, and what is broken is told and left out."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from typer.testing import CliRunner, Result

from careline.channels.models import Outgoing
from careline.config.cli import app
from careline.core.models import Event, ExternalId, Job, Team, User
from careline.customers.models import Address, Person
from careline.sla.models import Clock
from careline.tickets.models import Message, Reason, Tag, Ticket
from tests.make import MONDAY_9, make_policy, make_user

pytestmark = pytest.mark.django_db

CHATS: dict[str, Any] = {
    "source": "chats",
    "kind": "jsonl",
    "times": {"formats": ["unix", "iso"]},
    "ticket": {
        "id": "id",
        "subject": "title",
        "customer": {"id": "who", "name": "who", "email": "mail"},
        "channel": {"text": "chat"},
        "tags": "words",
        "assignee": "agent",
        "status": {"from": "state", "table": {"done": "solved", "busy": "open"}},
        "solved_at": "$last_at",
    },
    "messages": {
        "each": "said",
        "at": "ts",
        "id": "no",
        "kind": {"from": "by", "table": {"c": "in", "a": "out", "n": "note"}},
        "text": "text",
        "author": "^agent",
    },
}
LOG: dict[str, Any] = {
    "source": "log",
    "kind": "csv",
    "nothing": ["?"],
    "times": {"formats": ["%d-%m-%Y %H:%M"], "zone": "Europe/Riga"},
    "ticket": {
        "id": "number",
        "subject": {"text": "Matter {number}"},
        "text": "text",
        "opened_at": "opened",
        "customer": {"id": "caller"},
    },
    "changes": {
        "at": "at",
        "status": {
            "from": "state",
            "table": {"New": "new", "Active": "open", "Wait": "waiting", "Done": "solved"},
        },
        "priority": {"from": "prio", "table": {"1": "urgent", "3": "normal"}},
        "team": "team",
        "assignee": "agent",
        "reason": "reason",
    },
}
HEAD = "number,caller,opened,at,state,prio,team,agent,reason,text\n"
ROWS = [
    "I1,Ada,05-01-2026 09:00,05-01-2026 09:05,New,3,Desk,?,Lamp / Dark,It is dark.",
    "I2,Carl,05-01-2026 09:30,05-01-2026 09:31,New,3,Desk,?,Lamp / Dark,Mine too.",
    "I1,Ada,05-01-2026 09:00,05-01-2026 10:00,Active,1,Lab,Ben,Lamp / Dark,It is dark.",
    "I1,Ada,05-01-2026 09:00,05-01-2026 11:00,Done,1,Lab,Ben,Lamp / Dark,It is dark.",
    "I1,Ada,05-01-2026 09:00,06-01-2026 09:00,Active,1,Lab,?,Lamp / Dark,It is dark.",
    "I1,Ada,05-01-2026 09:00,06-01-2026 10:00,Done,1,Lab,?,Lamp / Dark,It is dark.",
]


@pytest.fixture(autouse=True)
def reports_in_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var").mkdir()
    monkeypatch.setattr(settings, "VAR", tmp_path / "var")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def bring(folder: Path, content: str | bytes, given: dict[str, Any], *options: str, name: str = "") -> Result:
    """Import this content with this map, and return what the command said."""
    path = folder / (name or f"file.{given.get('kind', 'csv')}")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "map.yaml").write_text(yaml.safe_dump(given))
    return CliRunner().invoke(app, ["import", str(path), "--map", str(folder / "map.yaml"), *options])


def facts(done: Result) -> dict[str, Any]:
    assert done.exit_code in {0, 3}, done.output
    found: dict[str, Any] = json.loads(done.output)
    return found


def log(*rows: str) -> str:
    return HEAD + "".join(f"{row}\n" for row in rows)


def chat(number: int, **over: Any) -> str:
    said = [
        {"by": "c", "ts": 1_767_600_000, "text": "Hello", "no": 1},
        {"by": "a", "ts": 1_767_600_060, "text": "Hi", "no": 2},
        {"by": "n", "ts": 1_767_600_090, "text": "A regular.", "no": 3},
    ]
    row = {
        "id": number,
        "title": "Lamp",
        "who": "ada",
        "mail": "Ada@Example.org",
        "agent": "Ben",
        "said": said,
    }
    return json.dumps({**row, "words": ["Lamp", "Sale"], "state": "done", **over})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_chat_becomes_a_ticket_at_its_own_times(folder: Path) -> None:
    done = facts(bring(folder, chat(7), CHATS, "--json"))
    assert (done["tickets"], done["messages"], done["skipped"]) == (1, 3, 0)
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.channel, ticket.category, ticket.imported) == (
        "Lamp",
        "chat",
        "solved",
        True,
    )
    assert ticket.opened_at == at("2026-01-05T08:00:00")
    assert ticket.last_in_at == at("2026-01-05T08:00:00")
    assert ticket.last_out_at == at("2026-01-05T08:01:00")
    assert ticket.solved_at == ticket.changed_at == at("2026-01-05T08:01:30")
    assert (ticket.waiting_since, ticket.message_count, ticket.preview) == (None, 3, "Hi")
    messages = list(Message.objects.order_by("at"))
    assert [(one.kind, one.text) for one in messages] == [
        ("in", "Hello"),
        ("out", "Hi"),
        ("note", "A regular."),
    ]
    assert [one.author.name if one.author else "" for one in messages] == ["", "Ben", "Ben"]
    assert messages[0].person == ticket.customer
    assert Address.objects.get().value == "ada@example.org"
    assert sorted(ticket.tags.values_list("name", flat=True)) == ["lamp", "sale"]


def test_its_history_is_told_as_if_it_had_been_live(folder: Path) -> None:
    bring(folder, chat(7), CHATS)
    events = Event.objects.filter(subject_kind="ticket").order_by("at", "id")
    assert [event.kind for event in events] == [
        "ticket.opened",
        "ticket.tagged",
        "ticket.tagged",
        "ticket.received",
        "ticket.replied",
        "ticket.assigned",
        "ticket.noted",
        "ticket.status_changed",
    ]
    assert {event.origin for event in events} == {"import"}
    assert events[4].actor_id == events[5].data["new"] == events[5].data["to"]
    assert Ticket.objects.get().version == len(events)


def test_nothing_is_sent_queued_or_alarmed(folder: Path) -> None:
    make_policy(now=at("2025-01-01T00:00:00"))
    jobs = Job.objects.count()
    bring(folder, chat(7, state="busy"), CHATS)
    assert not Outgoing.objects.exists()
    assert Job.objects.count() == jobs
    clocks = Clock.objects.all()
    assert {clock.metric for clock in clocks} >= {"first_reply", "resolution"}
    assert all(clock.breach_told for clock in clocks if clock.breached_at)
    assert not Event.objects.filter(kind__startswith="clock.").exists()


def test_an_unknown_agent_becomes_somebody_who_cannot_sign_in(folder: Path) -> None:
    bring(folder, chat(7), CHATS)
    ben = User.objects.get()
    assert (ben.name, ben.is_active, ben.joined_at) == ("Ben", False, None)
    assert ben.email.endswith("@imported.invalid")
    assert not ben.has_usable_password()
    assert Ticket.objects.get().assignee == ben


def test_an_agent_is_known_by_the_address(folder: Path) -> None:
    ben = make_user(email="ben@careline.example")
    bring(folder, chat(7, agent="Ben@careline.example"), CHATS)
    assert Ticket.objects.get().assignee == ben
    assert User.objects.count() == 1


def test_customers_are_known_by_id_and_by_address(folder: Path) -> None:
    ada = Person.objects.create(name="Ada", created_at=MONDAY_9)
    Address.objects.create(person=ada, kind="email", value="ada@example.org", primary=True)
    rows = [chat(1), chat(2, who="ada-again"), chat(3, who="carl", mail=""), chat(4, who="carl", mail="")]
    bring(folder, "\n".join(rows), CHATS)
    assert Person.objects.count() == 2
    owners = Counter(Ticket.objects.values_list("customer__name", flat=True))
    assert owners == {"Ada": 2, "carl": 2}


def test_updates_become_changes_at_the_time_of_each(folder: Path) -> None:
    done = facts(bring(folder, log(*ROWS), LOG, "--json"))
    assert (done["tickets"], done["messages"]) == (2, 2)
    ticket = Ticket.objects.get(subject="Matter I1")
    # 09:00 in Riga is 07:00 in UTC in January.
    assert ticket.opened_at == at("2026-01-05T07:00:00")
    assert (ticket.priority, ticket.reopens, ticket.category) == (4, 1, "solved")
    assert ticket.solved_at == at("2026-01-06T08:00:00")
    assert (ticket.team.name, ticket.assignee.name, ticket.reason.path) == ("Lab", "Ben", "Lamp / Dark")
    told = [
        (event.at.hour, event.kind.removeprefix("ticket."))
        for event in Event.objects.filter(subject_id=ticket.pk, subject_kind="ticket").order_by("at", "id")
    ]
    assert told == [
        (7, "opened"),
        (7, "received"),
        (7, "team_changed"),
        (7, "reason_changed"),
        (8, "team_changed"),
        (8, "assigned"),
        (8, "priority_changed"),
        (8, "status_changed"),
        (9, "status_changed"),
        (7, "status_changed"),
        (8, "status_changed"),
    ]
    waiting = Ticket.objects.get(subject="Matter I2")
    assert (waiting.category, waiting.waiting_since) == ("new", at("2026-01-05T07:30:00"))


def test_the_reason_tree_and_teams_are_made_once(folder: Path) -> None:
    Team.objects.create(name="desk")
    bring(folder, log(*ROWS), LOG)
    assert sorted(Team.objects.values_list("name", flat=True)) == ["Lab", "desk"]
    assert [(one.path, one.parent.path if one.parent else "") for one in Reason.objects.order_by("path")] == [
        ("Lamp", ""),
        ("Lamp / Dark", "Lamp"),
    ]


def test_a_second_run_brings_nothing_twice(folder: Path) -> None:
    bring(folder, "\n".join(map(chat, range(3))), CHATS)
    before = [table.objects.count() for table in (Ticket, Message, Event, Person, User, Tag, ExternalId)]
    again = facts(bring(folder, "\n".join(map(chat, range(4))), CHATS, "--json"))
    assert (again["tickets"], again["already_in"]) == (1, 3)
    assert Ticket.objects.count() == before[0] + 1
    third = facts(bring(folder, "\n".join(map(chat, range(4))), CHATS, "--json"))
    assert (third["tickets"], third["already_in"]) == (0, 4)


def test_the_same_id_of_another_source_is_another_ticket(folder: Path) -> None:
    bring(folder, chat(1), CHATS)
    bring(folder, chat(1), {**CHATS, "source": "others"})
    assert Ticket.objects.count() == 2


def test_a_dry_run_says_what_would_happen_and_writes_nothing(folder: Path) -> None:
    tables = (Ticket, Message, Event, Person, User, Team, Tag, Reason, ExternalId)
    before = [table.objects.count() for table in tables]
    rows = [chat(1), chat(2, who="carl", mail=""), "{broken", chat(1)]
    dry = facts(bring(folder, "\n".join(rows), CHATS, "--dry-run", "--json"))
    assert [table.objects.count() for table in tables] == before
    assert not (folder / "var" / "imports").exists()
    wet = facts(bring(folder, "\n".join(rows), CHATS, "--json"))
    for key in ("tickets", "messages", "skipped", "reasons", "made", "already_in"):
        assert dry[key] == wet[key], key
    assert wet["made"] == {"customers": 2, "users": 1, "teams": 0, "reasons": 0, "tags": 2}


def test_what_is_left_out_is_counted_shown_and_kept_in_a_file(folder: Path) -> None:
    done = bring(folder, "\n".join([chat(1), "{broken", "[]", chat(1)]), CHATS)
    assert done.exit_code == 3
    assert "3 left out" in done.output
    assert "line 2: is not JSON" in done.output
    (report,) = (folder / "var" / "imports").glob("chats-*.jsonl")
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(line["line"], line["reason"]) for line in lines] == [
        (2, "is not JSON: Expecting property name enclosed in double quotes"),
        (3, "is JSON, but not an object"),
        (4, "the same id stands on line 1 already"),
    ]


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"id": None}, "has no id"),
        ({"id": {"a": 1}}, "'{'a': 1}' is a group where text belongs"),
        ({"id": "x" * 201}, "the id is longer than 200 characters"),
        ({"title": ["a", "b"]}, "is a list where text belongs"),
        ({"who": None, "mail": None}, "has no customer"),
        ({"state": "lost"}, "the value 'lost' is not in the table for state"),
        ({"said": "Hello"}, "said is not a list"),
        ({"said": ["Hello"]}, "said holds str instead of objects"),
        ({"said": []}, "has no time at which it was opened"),
        ({"said": None}, "has no time at which it was opened"),
    ],
)
def test_a_ticket_of_wrong_types_is_left_out_with_a_reason(folder: Path, over: Any, reason: str) -> None:
    done = facts(bring(folder, "\n".join([chat(1, **over), chat(2)]), CHATS, "--json"))
    assert (done["tickets"], done["skipped"]) == (1, 1)
    assert reason in done["first_skipped"][0]["reason"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"ts": "yesterday"}, "the time 'yesterday' cannot be read"),
        ({"ts": None}, "has no time"),
        ({"ts": True}, "the time 'True' cannot be read"),
        ({"ts": 1e300}, "cannot be read"),
        ({"ts": float("nan")}, "cannot be read"),
        ({"ts": -5}, "lies before 1971"),
        ({"ts": 32_503_680_000}, "lies in the future"),
        ({"ts": "9999-12-31T23:59:59"}, "lies in the future"),
        ({"text": ""}, "a message without text"),
        ({"text": {"html": "x"}}, "is a group where text belongs"),
        ({"by": "robot"}, "the value 'robot' is not in the table for by"),
    ],
)
def test_a_message_of_wrong_types_is_left_out_and_its_ticket_stays(
    folder: Path, entry: dict[str, Any], reason: str
) -> None:
    good = {"by": "c", "ts": 1_767_600_000, "text": "Hello"}
    done = facts(bring(folder, chat(1, said=[good, {**good, **entry}]), CHATS, "--json"))
    assert (done["tickets"], done["messages"], done["skipped"]) == (1, 1, 1)
    assert reason in done["first_skipped"][0]["reason"]


def test_a_broken_update_is_left_out_and_the_others_stay(folder: Path) -> None:
    rows = [ROWS[0], ROWS[2].replace("Active", "-100"), ROWS[3], "only,three,columns"]
    done = facts(bring(folder, log(*rows), LOG, "--json"))
    assert (done["tickets"], done["skipped"]) == (1, 2)
    assert {one["reason"] for one in done["first_skipped"]} == {
        "the value '-100' is not in the table for state",
        "has 3 columns instead of 10",
    }
    assert Ticket.objects.get().category == "solved"


def test_a_missing_column_is_named_before_anything_is_written(folder: Path) -> None:
    done = bring(folder, log(*ROWS).replace("caller", "customer", 1), LOG)
    assert done.exit_code == 1
    assert "lacks what map.yaml asks for: 'caller' (for customer.id)" in done.output
    assert "It has the columns: number, customer, opened" in done.output
    assert not Ticket.objects.exists()


def test_an_open_quotation_mark_costs_one_row_and_not_the_rest(folder: Path) -> None:
    broken = ROWS[1].replace("Mine too.", '"Mine too.')
    done = facts(bring(folder, log(ROWS[0], broken, *ROWS[2:]), LOG, "--json"))
    assert (done["tickets"], done["skipped"]) == (1, 1)
    assert "a quotation mark is left open" in done["first_skipped"][0]["reason"]
    assert Event.objects.filter(kind="ticket.status_changed").count() == 4


def test_a_field_may_go_over_lines(folder: Path) -> None:
    bring(folder, log(ROWS[1].replace("Mine too.", '"Mine\ntoo, ""really""."')), LOG)
    assert Message.objects.get().text == 'Mine\ntoo, "really".'


def test_huge_fields_are_shortened_or_left_out(folder: Path) -> None:
    rows = [ROWS[0].replace("It is dark.", "x" * 1_200_000), ROWS[1].replace("Mine too.", "y" * 17_000_000)]
    done = facts(bring(folder, log(*rows), LOG, "--json"))
    assert (done["tickets"], done["skipped"]) == (1, 1)
    assert "larger than field limit" in done["first_skipped"][0]["reason"]
    message = Message.objects.get()
    assert len(message.text) == 1_000_000
    assert message.text.endswith("x…")


def test_long_names_are_shortened(folder: Path) -> None:
    bring(folder, chat(1, title="t" * 400, who="w" * 199, agent="a" * 199, words=["g" * 90]), CHATS)
    ticket = Ticket.objects.get()
    assert (len(ticket.subject), len(ticket.assignee.name), len(Tag.objects.get().name)) == (300, 120, 60)


def test_bytes_of_another_encoding_cost_their_row_and_say_what_to_do(folder: Path) -> None:
    rows = log(ROWS[0], ROWS[1].replace("Mine too.", "Meine ist schön."))
    done = facts(bring(folder, rows.encode("cp1252"), LOG, "--json"))
    assert (done["tickets"], done["skipped"]) == (1, 1)
    assert "is not UTF-8; name the encoding in the map" in done["first_skipped"][0]["reason"]
    again = facts(bring(folder, rows.encode("cp1252"), {**LOG, "encoding": "cp1252"}, "--json"))
    assert again["first_skipped"] == []
    assert again["tickets"] == 1
    assert Message.objects.filter(text="Meine ist schön.").exists()


def test_a_byte_order_mark_is_no_part_of_the_first_column(folder: Path) -> None:
    assert facts(bring(folder, log(*ROWS).encode("utf-8-sig"), LOG, "--json"))["tickets"] == 2


def test_nul_and_half_characters_never_reach_the_database(folder: Path) -> None:
    row = chat(1, title="A\x00B").replace('"Hello"', '"\\ud800Hello\\u0000"')
    assert facts(bring(folder, row, CHATS, "--json"))["tickets"] == 1
    assert Ticket.objects.get().subject == "A\ufffdB"
    assert Message.objects.filter(text="\ufffdHello\ufffd").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (log(*ROWS).encode("utf-16"), "The file is UTF-16 text. Save it as UTF-8 first."),
        (b"", "is empty"),
        (b"\x1f\x8bnonsense", "cannot be read: the compressed file is cut off or broken"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(
    folder: Path, content: bytes, sentence: str
) -> None:
    done = bring(folder, content, LOG)
    assert done.exit_code == 1
    assert sentence in done.output


def test_a_json_list_is_refused_with_what_to_do(folder: Path) -> None:
    done = bring(folder, "[" + chat(1) + "]", CHATS)
    assert done.exit_code == 1
    assert "Write one object a line" in done.output


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "map.yaml").write_text(yaml.safe_dump(LOG))
    done = CliRunner().invoke(app, ["import", str(folder / "no.csv"), "--map", str(folder / "map.yaml")])
    assert done.exit_code == 1
    assert "cannot be opened" in done.output


def test_packed_files_are_read_and_a_cut_one_as_far_as_it_goes(folder: Path) -> None:
    whole = gzip.compress("\n".join(map(chat, range(2_000))).encode())
    done = facts(bring(folder, whole[: len(whole) // 2], CHATS, "--json", name="chats.jsonl.gz"))
    assert 0 < done["tickets"] < 2_000
    assert "cut off" in done["first_skipped"][-1]["reason"]
    again = facts(bring(folder, whole, CHATS, "--json", name="chats.jsonl.gz"))
    assert (again["tickets"] + again["already_in"], again["skipped"]) == (2_000, 0)


def test_the_shipped_maps_are_found_by_name() -> None:
    done = CliRunner().invoke(app, ["import", "nowhere.jsonl", "--map", "star"])
    assert "nowhere.jsonl cannot be opened" in done.output
    wrong = CliRunner().invoke(app, ["import", "nowhere.jsonl", "--map", "moon"])
    assert "There is no map moon. Give a file, or one of: incident_log, star." in wrong.output
