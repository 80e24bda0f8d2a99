"""The live feed: who hears what."""

from __future__ import annotations

import asyncio
import http.client
import json
import time

import pytest
from django.core import signing

from careline.config.live import MOST_A_USER, Hub, Listener
from careline.config.tail import News, Position
from careline.web.live import Pass, feed_url, read_token
from tests.config.conftest import inside
from tests.real.careline import Careline


def news(number: int = 1, kind: str = "ticket.replied", about=("ticket", 17), actor=5, origin="live", **data):
    return News(number, kind, *about, actor, origin, data)


def listener(hub: Hub, *topics: str, user: int = 5) -> Listener:
    one = Listener(Pass(user_id=user, topics=frozenset(topics), since=0, issued_at=time.time()))
    hub._join(one)
    return one


def heard(one: Listener) -> dict[str, dict]:
    """Return topic -> data of what waits for a listener."""
    return {topic: json.loads(message.decode().split("data: ")[1]) for topic, message in one.pending.items()}


def with_hub(test):
    async def run():
        test(Hub())

    asyncio.run(run())


def test_a_listener_hears_only_of_tickets_that_its_pass_holds():
    def test(hub: Hub):
        one, other = listener(hub, "ticket:17"), listener(hub, "ticket:18")
        hub.publish([news(actor=9)], resume_at=1)
        assert heard(one) == {"ticket:17": {"topic": "ticket:17", "kind": "ticket.replied", "actor": 9}}
        assert heard(other) == {}

    with_hub(test)


def test_lists_hear_a_tick_without_any_id():
    def test(hub: Hub):
        one = listener(hub, "inbox")
        hub.publish([news(1, actor=9), news(2, actor=8)], resume_at=2)
        assert heard(one) == {}
        hub.tick()
        assert heard(one) == {"inbox": {"topic": "inbox"}}

    with_hub(test)


def test_a_list_is_told_when_only_its_own_user_did_it():
    def test(hub: Hub):
        own, other = listener(hub, "inbox", user=5), listener(hub, "inbox", user=6)
        hub.publish([news(actor=5)], resume_at=1)
        hub.tick()
        assert heard(own) == {"inbox": {"topic": "inbox", "actor": 5}}
        assert heard(other) == {"inbox": {"topic": "inbox"}}

    with_hub(test)


def test_people_hear_what_is_given_to_them():
    assert "user:7" in news(assignee={"old": 3, "new": 7}).topics()
    assert "user:7" in news(mentioned=[7, 8]).topics()
    assert news(about=("clock", 3), ticket=17).topics() == {"today", "inbox", "ticket:17"}


def test_an_import_moves_lists_and_nothing_else():
    assert news(origin="import", assignee=7).topics() == {"today", "inbox"}


def test_a_pass_of_anothers_topic_is_not_made(django_user_model):
    with pytest.raises(ValueError, match="user:6 is not the topic of user 5"):
        feed_url(django_user_model(pk=5), ["user:6"])


@pytest.mark.django_db
def test_a_pass_says_what_it_was_made_for(django_user_model):
    token = feed_url(django_user_model(pk=5), ["inbox", "user:5"]).partition("token=")[2]
    allowed = read_token(token.replace("%3A", ":"))
    assert (allowed.user_id, allowed.topics) == (5, {"inbox", "user:5"})
    with pytest.raises(signing.BadSignature):
        read_token(token + "x")


def test_numbers_that_commit_late_are_waited_for():
    position = Position([1, 2])
    position.take([5, 3], now=0.0)
    assert (position.last, position.resume_at) == (5, 3)
    position.take([4], now=1.0)
    assert (position.last, position.gaps, position.resume_at) == (5, [], 5)


def test_numbers_that_never_come_are_waited_for_a_minute():
    position = Position([1])
    position.take([10], now=0.0)
    position.wanted(now=59.0)
    assert position.resume_at == 1
    position.wanted(now=61.0)
    assert position.resume_at == 10


def test_numbers_already_missing_at_the_start_are_waited_for():
    assert Position([7, 8, 10]).resume_at == 8


class Stream:
    """One open stream, read line by line."""

    def __init__(self, careline: Careline, url: str, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", careline.port, timeout=20)
        self.connection.request("GET", url, headers=headers)
        self.answer = self.connection.getresponse()

    def next(self) -> dict:
        """Return the data of the next message."""
        limit = time.monotonic() + 10  # the feed's signs of life keep the socket from timing out
        while (line := self.answer.readline()) and time.monotonic() < limit:
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        raise EOFError

    def close(self) -> None:
        self.answer.close()
        self.connection.close()

    def until_end(self) -> None:
        while self.answer.readline():
            pass


@pytest.fixture
def open_stream(careline_server):
    """Open streams of the running installation, and close them at the end."""
    opened: list[Stream] = []

    def open_one(url: str, **headers: str) -> Stream:
        opened.append(Stream(careline_server, url, **headers))
        return opened[-1]

    yield open_one
    for stream in opened:
        stream.close()


PERSON = """
from django.db import transaction
from careline.web.live import feed_url
user = User.objects.create(email=f"{{os.getpid()}}@example.org", name="A", is_active=True)
answer = [user.pk, feed_url(user, {topics!r})]
"""
HAPPENS = """
from django.db import transaction
with transaction.atomic():
    answer = events.record("ticket.noted", subject=("ticket", {ticket}), actor=None, at=now).pk
"""


@pytest.mark.slow
def test_news_of_another_process_arrive_and_are_repeated_after_a_break(
    careline_server: Careline, open_stream
):
    _, url = inside(careline_server, PERSON.format(topics=["ticket:17", "inbox"]))
    stream = open_stream(url)
    assert stream.answer.getheader("content-type") == "text/event-stream; charset=utf-8"
    first = inside(careline_server, HAPPENS.format(ticket=17))
    inside(careline_server, HAPPENS.format(ticket=18))
    got = [stream.next() for _ in range(3)]
    assert {"topic": "ticket:17", "kind": "ticket.noted"} in got
    assert got.count({"topic": "inbox"}) == 2
    stream.close()
    again = open_stream(url, **{"Last-Event-ID": str(first - 1)})
    assert sorted(again.next()["topic"] for _ in range(2)) == ["inbox", "ticket:17"]
    again = open_stream(url, **{"Last-Event-ID": str(first)})
    assert again.next()["topic"] == "inbox"


@pytest.mark.slow
def test_what_happened_while_the_page_was_loading_is_not_missed(careline_server: Careline, open_stream):
    _, url = inside(careline_server, PERSON.format(topics=["ticket:21"]))
    inside(careline_server, HAPPENS.format(ticket=21))
    assert open_stream(url).next() == {"topic": "ticket:21"}


@pytest.mark.slow
def test_nobody_hears_without_a_pass_or_after_losing_access(careline_server: Careline, open_stream):
    assert open_stream("/events").answer.status == 403
    assert open_stream("/events?token=%00%ff").answer.status == 403
    pk, url = inside(careline_server, PERSON.format(topics=["inbox"]))
    stream = open_stream(url)
    assert stream.answer.status == 200
    inside(careline_server, f"answer = User.objects.filter(pk={pk}).update(is_active=False)")
    stream.until_end()
    assert open_stream(url).answer.status == 403


@pytest.mark.slow
@pytest.mark.sqlite  # with PostgreSQL there are several web processes, and each has places of its own
def test_one_person_cannot_take_all_places(careline_server: Careline, open_stream):
    _, url = inside(careline_server, PERSON.format(topics=["inbox"]))
    streams = [open_stream(url) for _ in range(MOST_A_USER + 1)]
    assert [stream.answer.status for stream in streams].count(200) == MOST_A_USER
    assert streams[-1].answer.status == 429
