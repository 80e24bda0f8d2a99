"""Between slow networks and the few threads that make pages: requests and answers are kept here in between.

A page thread only ever sees a request that has arrived completely, and is free again as soon as its answer is
written, however slowly the other side sends or reads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

IN_MEMORY = 1_000_000
PIECE = 256_000
MOST_UNREAD = 64_000_000


class TooLarge(Exception):
    """The request is larger than the limit."""


class TooSlow(Exception):
    """The request comes in more slowly than we are willing to wait for."""


class Gone(Exception):
    """The sender hung up in the middle."""


class Buffered:
    """An application in front of which requests and answers are kept until they are complete."""

    def __init__(
        self, app: App, *, limit: int, idle_s: float = 30, grace_s: float = 60, pace: float = 5_000
    ) -> None:
        self.app, self.limit = app, limit
        self.idle_s, self.grace_s, self.pace = idle_s, grace_s, pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Collect the request, hand it on, and pass the answer back at the reader's pace."""
        if not _has_body(scope):
            await self._answer(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                size = await self._collect(scope, receive, body)
            except TooLarge:
                await self._refuse_large(scope, receive, send)
            except TooSlow:
                await say(send, 408, "This request came in too slowly and was given up. Try again.")
            except Gone:
                return
            else:
                await self._answer(_with_length(scope, size), _replay(body, receive), send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        outflow = Outflow(send)
        passing = asyncio.create_task(outflow.pass_on())
        try:
            await self.app(scope, receive, outflow.take)
            outflow.end()
            await passing
        finally:
            passing.cancel()
            outflow.file.close()

    async def _collect(self, scope: Scope, receive: Receive, body: IO[bytes]) -> int:
        if _declared(scope) > self.limit:
            raise TooLarge
        start, size = time.monotonic(), 0
        while True:
            left = start + self.grace_s + size / self.pace - time.monotonic()
            try:
                message = await asyncio.wait_for(receive(), min(self.idle_s, left))
            except TimeoutError:
                raise TooSlow from None
            if message["type"] == "http.disconnect":
                raise Gone
            size += len(message.get("body", b""))
            if size > self.limit:
                raise TooLarge
            body.write(message.get("body", b""))
            if not message.get("more_body"):
                body.seek(0)
                return size

    async def _refuse_large(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A browser that is cut off in the middle shows an error of its own
        # instead of our sentence, so we let it finish when that is not long.
        if not any(name == b"expect" for name, _ in scope["headers"]):
            await _discard(receive, seconds=10)
        megabytes = self.limit // 1_000_000
        sentence = f"This is larger than {megabytes} MB, the most that is accepted here. Send less at once."
        await say(send, 413, sentence)


class Outflow:
    """Takes an answer as fast as it is made, and passes it on as fast as the reader reads."""

    STUCK_S = 120

    def __init__(self, send: Send) -> None:
        self.send = send
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by _answer
        self.start: Message | None = None
        self.written = self.passed = 0
        self.ended = False
        self.more, self.room = asyncio.Event(), asyncio.Event()

    async def take(self, message: Message) -> None:
        """Keep one message of the answer."""
        if message["type"] == "http.response.start":
            self.start = message
            return
        while self.written - self.passed > MOST_UNREAD:
            self.room.clear()
            await self.room.wait()
        self.file.seek(self.written)
        self.written += self.file.write(message.get("body", b""))
        self.ended = not message.get("more_body")
        self.more.set()

    def end(self) -> None:
        """Note that nothing more will come."""
        self.ended = True
        self.more.set()

    async def pass_on(self) -> None:
        """Send on what was taken, until the end."""
        await self.more.wait()
        if self.start is None:
            return
        await self.send(self.start)
        while True:
            self.file.seek(self.passed)
            piece = self.file.read(PIECE)
            self.passed += len(piece)
            self.room.set()
            last = self.ended and self.passed == self.written
            if piece or last:
                message = {"type": "http.response.body", "body": piece, "more_body": not last}
                # Nobody has taken a byte in all this time: give the place to somebody else.
                await asyncio.wait_for(self.send(message), self.STUCK_S)
            if last:
                return
            if self.passed == self.written:
                self.more.clear()
                await self.more.wait()


async def say(send: Send, status: int, sentence: str) -> None:
    """Answer with one sentence, and close."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode() + b"\n"})


def _has_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value)
    return 0


def _with_length(scope: Scope, size: int) -> Scope:
    kept = [h for h in scope["headers"] if h[0] not in {b"content-length", b"transfer-encoding"}]
    return {**scope, "headers": [*kept, (b"content-length", str(size).encode())]}


def _replay(body: IO[bytes], receive: Receive) -> Receive:
    ended = False

    async def next_piece() -> Message:
        nonlocal ended
        if ended:
            return await receive()
        piece = body.read(PIECE)
        ended = len(piece) < PIECE
        return {"type": "http.request", "body": piece, "more_body": not ended}

    return next_piece


async def _discard(receive: Receive, *, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return
    except TimeoutError:
        return
