"""The demo in a database: whole, silent, and only where nothing else is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from typer.testing import CliRunner

from careline.channels.models import Outgoing, RawMail
from careline.config.cli import app
from careline.config.demo import write
from careline.core import directory, files, progress, queue
from careline.core import settings as choices
from careline.core.models import Event, Job, Setting, User
from careline.customers.models import Address, Person
from careline.tickets.models import Attachment, Category, Message, Reason, Ticket
from tests.make import make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 11, 20, tzinfo=UTC)


def build_small(**over: int) -> write.Built:
    return write.build(now=NOW, **{"tickets": 200, "days": 30, **over})


def test_everything_is_there() -> None:
    built = build_small()
    assert built.tickets == Ticket.objects.count() == 200
    assert built.messages == Message.objects.count() > 400
    assert built.events == Event.objects.filter(subject_kind="ticket").count()
    assert built.customers == Person.objects.count() == 90
    assert Address.objects.filter(kind="email", primary=True).count() == 90
    assert Reason.objects.filter(parent__isnull=False).count() >= 30
    assert Event.objects.exclude(origin="demo").filter(subject_kind="ticket").count() == 0


def test_nothing_is_sent_and_nothing_is_queued() -> None:
    build_small()
    assert not Outgoing.objects.exists()
    assert not Job.objects.exists()


def test_the_people_can_be_chosen_and_sign_in() -> None:
    built = build_small()
    people = directory.personas()
    assert people[0][0].name == "Mara Jansen"
    assert "Ben Adler" in {person.name for person, _role in people}
    assert User.objects.get(email=built.people[1]).check_password(built.password)
    assert choices.get("operation.demo")
    assert choices.get("operation.ready")


def test_a_ticket_says_what_its_history_says() -> None:
    build_small()
    for ticket in Ticket.objects.select_related("status"):
        events = Event.objects.filter(subject_kind="ticket", subject_id=ticket.pk).order_by("id")
        moves = [event.data["category"] for event in events if event.kind == "ticket.status_changed"]
        assert ticket.category == ticket.status.category == (moves[-1] if moves else "new")
        owners = [event.data["new"] for event in events if event.kind == "ticket.assigned"]
        assert ticket.assignee_id == (owners[-1] if owners else None)
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert ticket.message_count == ticket.messages.count()
        assert (ticket.closed_at is not None) == (ticket.category == Category.CLOSED)
        assert ticket.preview


def test_waiting_since_is_the_oldest_unanswered_message() -> None:
    build_small()
    for ticket in Ticket.objects.filter(category__in=["new", "open"], merged_into=None):
        last_out = ticket.messages.filter(kind="out").order_by("-at").first()
        unanswered = ticket.messages.filter(kind="in", automatic="none").order_by("at")
        if last_out:
            unanswered = unanswered.filter(at__gt=last_out.at)
        if ticket.waiting_since:
            assert ticket.waiting_since == unanswered[0].at


def test_papers_can_be_opened_and_strays_wait_in_quarantine() -> None:
    build_small()
    attachment = Attachment.objects.select_related("file").first()
    assert attachment
    assert len(files.read(attachment.file)) == attachment.size
    strays = RawMail.objects.all()
    assert {stray.state for stray in strays} == {RawMail.State.QUARANTINED}
    assert all(stray.problem and files.read(stray.file) for stray in strays)


def test_a_second_build_is_refused_and_changes_nothing() -> None:
    build_small()
    before = Ticket.objects.count(), Event.objects.count(), User.objects.count()
    with pytest.raises(write.NotEmpty):
        build_small()
    assert (Ticket.objects.count(), Event.objects.count(), User.objects.count()) == before


def test_a_real_operation_is_never_touched() -> None:
    make_user()
    with pytest.raises(write.NotEmpty, match="sign in"):
        build_small()
    assert not Ticket.objects.exists()


def test_imported_tickets_are_never_touched() -> None:
    Person.objects.create(name="Ada", created_at=NOW)
    with pytest.raises(write.NotEmpty, match="customers"):
        build_small()


def test_what_a_crash_left_behind_is_swept_away() -> None:
    build_small()
    User.objects.update(is_active=False)
    Setting.objects.filter(pk__in=["operation.demo", "operation.ready", "demo.personas"]).delete()
    again = build_small(seed=8)
    assert Ticket.objects.count() == again.tickets == 200
    assert Message.objects.count() == again.messages


def test_progress_grows_to_the_end() -> None:
    shares: list[float] = []
    write.build(now=NOW, tickets=50, days=10, progress=lambda _what, share: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_command_builds_and_says_who_can_sign_in() -> None:
    done = CliRunner().invoke(app, ["demo", "--tickets", "30", "--days", "5", "--json"])
    assert done.exit_code == 0, done.output
    built = json.loads(done.output)
    assert built["tickets"] == 30
    assert "mara@lumenhafen.example" in built["people"]


def test_the_command_refuses_a_real_operation_in_a_sentence() -> None:
    make_user()
    done = CliRunner().invoke(app, ["demo", "--tickets", "30"])
    assert done.exit_code == 1
    assert "empty database only" in done.output


@pytest.fixture
def claimed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first page has asked for a demo."""
    monkeypatch.setattr(settings, "VAR", tmp_path)
    Setting.objects.create(pk="operation.claim", value={"kind": "demo", "at": NOW.isoformat()})


@pytest.mark.usefixtures("claimed")
def test_background_work_builds_the_demo_once() -> None:
    write.build_in_background(tickets=30, days=5)
    write.build_in_background(tickets=30, days=5)
    assert Ticket.objects.count() == 30
    said = progress.read("demo")
    assert said
    assert (said.state, said.share) == ("ready", 1.0)


@pytest.mark.usefixtures("claimed")
def test_background_work_gives_up_where_people_sign_in() -> None:
    make_user()
    with pytest.raises(queue.GiveUp):
        write.build_in_background(tickets=30, days=5)
    assert not Ticket.objects.exists()
