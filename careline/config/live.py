"""The live feed: server-sent events for pages that are open, from the event log of the database.

A listener hears of a ticket only when its pass holds that ticket; lists get a tick without any id, at most
two a second, and ask the server again. So nobody learns here what they could not open.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qs

from django.core import signing
from django.db import close_old_connections, connection

from careline.config.body import Receive, Scope, Send, say
from careline.config.tail import CALM, News, Tail
from careline.core import events
from careline.core.models import Event, User
from careline.tickets.models import Ticket
from careline.tickets.queries import visible_to
from careline.web.live import LONGEST_S, Pass, read_token

log = logging.getLogger(__name__)
T = TypeVar("T")

HEARTBEAT_S = 15.0
CHECK_EVERY_S = 5.0
REACH_EVERY = 6  # checks: so often it is asked whether the tickets of a pass are still its user's to read
CALM_EVERY_S = 0.5
MOST_A_USER = 40
NAMED = {"inbox", "ticket", "floor", "notice"}  # what frontend/js/live.js listens for by name
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


class Listener:
    """One open stream: what it may hear and what it has not been sent yet, one message a topic."""

    def __init__(self, allowed: Pass) -> None:
        self.allowed = allowed
        self.pending: dict[str, bytes] = {}
        self.wake = asyncio.Event()
        self.feed: asyncio.Task[None] | None = None

    def tell(self, topic: str, *, resume_at: int, **facts: Any) -> None:
        """Keep a message for this listener; a newer one of the same topic takes its place."""
        self.pending[topic] = message(topic, resume_at=resume_at, **facts)
        self.wake.set()

    def end(self) -> None:
        """Close the stream."""
        if self.feed:
            self.feed.cancel()


def message(topic: str, *, resume_at: int, **facts: Any) -> bytes:
    """Return one server-sent event."""
    word = topic.partition(":")[0]
    name = f"event: {word}\n" if word in NAMED else ""
    data = json.dumps({"topic": topic, **{k: v for k, v in facts.items() if v is not None}})
    return f"{name}id: {resume_at}\ndata: {data}\n\n".encode()


class Hub:
    """All open streams of this process."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.by_topic: dict[str, set[Listener]] = {}
        self.calm: dict[str, set[int | None]] = {}  # topic -> who did it, since the last tick
        self.resume_at = 0
        # One thread, one database connection, whatever the number of listeners.
        self._database = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")
        self._keepers: list[asyncio.Task[None]] = []
        self._tail: Tail | None = None
        self._following = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one listener until it leaves or may no longer hear."""
        try:
            allowed = await self._admit(scope)
        except (signing.BadSignature, ValueError, TypeError):
            await say(send, 403, "This page is no longer up to date. Load it again.")
            return
        if sum(one.allowed.user_id == allowed.user_id for one in self.listeners) >= MOST_A_USER:
            await say(send, 429, "Too many pages are open at once. Close some of them.")
            return
        listener = Listener(allowed)
        self._join(listener)
        try:
            await self._serve(listener, scope, receive, send)
        finally:
            self._leave(listener)

    async def _admit(self, scope: Scope) -> Pass:
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        allowed = read_token(token)
        if await self._ask(lambda: _inactive({allowed.user_id})):
            raise signing.BadSignature("the user has no access any more")
        return await self._ask(lambda: narrowed(allowed))

    async def _serve(self, listener: Listener, scope: Scope, receive: Receive, send: Send) -> None:
        await self._keep()
        since = _last_event_id(scope) or listener.allowed.since
        changed, resume_at = await self._ask(lambda: _changed(listener.allowed.topics, since))
        for topic in changed:
            listener.tell(topic, resume_at=resume_at)
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        listener.feed = asyncio.create_task(_feed(listener, send))
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({listener.feed, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listener.feed.cancel()
            leaving.cancel()
        with suppress(Exception):
            await send({"type": "http.response.body", "body": b""})

    def _join(self, listener: Listener) -> None:
        self.listeners.add(listener)
        for topic in listener.allowed.topics:
            self.by_topic.setdefault(topic, set()).add(listener)

    def _leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        for topic in listener.allowed.topics:
            self.by_topic[topic].discard(listener)
            if not self.by_topic[topic]:
                del self.by_topic[topic]

    def publish(self, news: list[News], *, resume_at: int) -> None:
        """Tell everybody who may hear; lists are told with the next tick."""
        self.resume_at = resume_at
        for one in news:
            for topic in one.topics() & self.by_topic.keys():
                if topic in CALM:
                    self.calm.setdefault(topic, set()).add(one.actor_id)
                    continue
                for listener in self.by_topic[topic]:
                    listener.tell(topic, resume_at=resume_at, kind=one.kind, actor=one.actor_id)

    def tick(self) -> None:
        """Tell the lists that something has changed, without saying what."""
        for topic, actors in self.calm.items():
            for listener in self.by_topic.get(topic, ()):
                # Nobody's id but their own: a page need not announce what its own user did.
                own = listener.allowed.user_id if actors == {listener.allowed.user_id} else None
                listener.tell(topic, resume_at=self.resume_at, actor=own)
        self.calm.clear()

    def close(self) -> None:
        """End all streams; the pages will come back when the server does."""
        for keeper in self._keepers:
            keeper.cancel()
        for listener in list(self.listeners):
            listener.end()

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, _fresh, question)

    async def _keep(self) -> None:
        if not self._keepers:
            jobs = (self._follow, self._keep_calm, self._keep_out)
            self._keepers = [asyncio.create_task(_forever(job)) for job in jobs]
        # Else an event between a listener's replay and the start of the tail would be lost.
        await self._following.wait()

    async def _follow(self) -> None:
        # A thread of its own: twenty looks a second cost it next to nothing, and the event loop nothing.
        loop, end = asyncio.get_running_loop(), threading.Event()
        thread = threading.Thread(target=self._watch, args=(loop, end), daemon=True, name="tail")
        thread.start()
        try:
            while thread.is_alive():
                await asyncio.sleep(1)
        finally:
            end.set()

    def _watch(self, loop: asyncio.AbstractEventLoop, end: threading.Event) -> None:
        try:
            # After a stumble it goes on where it was, so that nothing is left out.
            tail = self._tail = self._tail or Tail()
            loop.call_soon_threadsafe(self._begin, tail.position.resume_at)
            while not end.wait(tail.changes.pause_s):
                if news := tail.read():
                    publish = partial(self.publish, news, resume_at=tail.position.resume_at)
                    loop.call_soon_threadsafe(publish)
        except Exception:
            log.exception("the live feed stumbled; it goes on in a second")
        finally:
            connection.close()

    def _begin(self, resume_at: int) -> None:
        self.resume_at = resume_at
        self._following.set()

    async def _keep_calm(self) -> None:
        while True:
            self.tick()
            await asyncio.sleep(CALM_EVERY_S)

    async def _keep_out(self) -> None:
        checks = 0
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            checks += 1
            if checks % REACH_EVERY == 0:
                await self.end_out_of_reach()
            users = {one.allowed.user_id for one in self.listeners}
            gone = await self._ask(lambda users=users: _inactive(users)) if users else set()  # type: ignore[misc]
            for one in list(self.listeners):
                if one.allowed.user_id in gone or time.time() - one.allowed.issued_at > LONGEST_S:
                    one.end()

    async def end_out_of_reach(self) -> None:
        """End the streams that hold a ticket out of reach by now; the page comes back without it."""
        for one in list(self.listeners):
            if tickets_in(one.allowed) and await self._ask(partial(narrowed, one.allowed)) != one.allowed:
                one.end()


async def _forever(job: Callable[[], Any]) -> None:
    while True:
        try:
            await job()
        except Exception:  # the database went away: the feed waits for it
            log.exception("the live feed stumbled; it goes on in a second")
            await asyncio.sleep(1)


async def _feed(listener: Listener, send: Send) -> None:
    piece = b"retry: 3000\n\n"
    while True:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        try:
            await asyncio.wait_for(listener.wake.wait(), HEARTBEAT_S)
        except TimeoutError:
            piece = b": still here\n\n"
            continue
        listener.wake.clear()
        piece = b"".join(listener.pending.values())
        listener.pending.clear()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _fresh(question: Callable[[], T]) -> T:
    close_old_connections()
    return question()


def _inactive(user_ids: set[int]) -> set[int]:
    return user_ids - set(User.objects.filter(pk__in=user_ids, is_active=True).values_list("pk", flat=True))


def tickets_in(allowed: Pass) -> dict[int, str]:
    """Return the topics of a pass that are about one ticket, by its number."""
    parts = ((topic, *topic.partition(":")[::2]) for topic in allowed.topics)
    return {int(pk): topic for topic, word, pk in parts if word == "ticket" and pk.isdecimal()}


def narrowed(allowed: Pass) -> Pass:
    """Return a pass without the tickets that its user may no longer read."""
    wanted, user = tickets_in(allowed), User.objects.filter(pk=allowed.user_id).first()
    if not wanted or user is None:
        return allowed
    seen = visible_to(user).filter(pk__in=wanted).values("pk")
    hidden = Ticket.objects.filter(pk__in=wanted).exclude(pk__in=seen).values_list("pk", flat=True)
    gone = {wanted[pk] for pk in hidden}
    return replace(allowed, topics=allowed.topics - gone) if gone else allowed


def _last_event_id(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"last-event-id" and value.isdigit():
            return int(value[:18])
    return None


def _changed(topics: frozenset[str], since: int) -> tuple[list[str], int]:
    """Return which of these topics have news since an event, and the number of the last event."""
    last = events.last_id()
    if last <= since:
        return [], last
    after = Event.objects.filter(pk__gt=since)
    changed = []
    for topic in sorted(topics):
        word, _, pk = topic.partition(":")
        about = after.filter(subject_kind=word, subject_id=int(pk)) if pk.isdecimal() else after
        if about.exists():
            changed.append(topic)
    return changed, last
