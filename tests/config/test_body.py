"""Requests and answers are kept between slow networks and the few threads that make pages."""

from __future__ import annotations

import asyncio
import socket
import time
import urllib.request

import pytest

from careline.config.body import IN_MEMORY, Buffered
from tests.real.careline import Careline


def scope(**headers: str):
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "path": "/", "method": "POST", "headers": pairs}


def sender(*pieces: bytes, pause: float = 0.0, hangs_up: bool = False):
    waiting = list(pieces)

    async def receive():
        await asyncio.sleep(pause)
        if not waiting:
            if hangs_up:
                return {"type": "http.disconnect"}
            await asyncio.sleep(3600)
        piece = waiting.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting) or hangs_up}

    return receive


class Reader:
    def __init__(self, pause: float = 0.0) -> None:
        self.pause, self.status, self.body, self.headers = pause, 0, b"", {}

    async def __call__(self, message):
        await asyncio.sleep(self.pause)
        self.status = message.get("status", self.status)
        self.headers |= dict(message.get("headers", ()))
        self.body += message.get("body", b"")


async def echo(scope, receive, send):
    """Answer with the length that was declared and everything that came."""
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    length = dict(scope["headers"])[b"content-length"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": length + b":", "more_body": True})
    await send({"type": "http.response.body", "body": body})


def ask(app, request, receive, reader=None, **options) -> Reader:
    reader = reader or Reader()
    asyncio.run(Buffered(app, limit=options.pop("limit", 10_000_000), **options)(request, receive, reader))
    return reader


@pytest.mark.parametrize("size", [1, IN_MEMORY - 1, IN_MEMORY, IN_MEMORY + 1, 3 * IN_MEMORY, 256_000])
def test_a_request_reaches_the_page_whole(size):
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    reader = ask(echo, scope(content_length=str(size)), sender(body[: size // 3], body[size // 3 :]))
    assert reader.body == str(size).encode() + b":" + body


def test_a_request_that_does_not_say_its_length_gets_one():
    reader = ask(echo, scope(transfer_encoding="chunked"), sender(b"ab", b"cde"))
    assert reader.body == b"5:abcde"


def test_a_request_that_declares_too_much_is_refused_with_a_sentence():
    reader = ask(echo, scope(content_length="10000001"), sender(b"x"))
    assert reader.status == 413
    assert reader.body == b"This is larger than 10 MB, the most that is accepted here. Send less at once.\n"


def test_a_request_that_turns_out_too_large_is_refused():
    reader = ask(
        echo, scope(transfer_encoding="chunked"), sender(b"x" * 600, b"x" * 600, hangs_up=True), limit=1_000
    )
    assert reader.status == 413


def test_a_sender_that_falls_silent_is_given_up():
    reader = ask(echo, scope(content_length="9"), sender(b"x", b"y", pause=0.2), idle_s=0.05)
    assert reader.status == 408


def test_a_sender_that_drips_is_given_up():
    drops = sender(*[b"x"] * 100, pause=0.02)
    start = time.monotonic()
    reader = ask(echo, scope(content_length="100"), drops, grace_s=0.2, pace=1000)
    assert reader.status == 408
    assert time.monotonic() - start < 1


def test_a_sender_that_hangs_up_reaches_no_page():
    async def page(scope, receive, send):
        raise AssertionError("half a request came through")

    assert ask(page, scope(content_length="9"), sender(b"x", hangs_up=True)).status == 0


def test_a_slow_reader_does_not_hold_up_the_page():
    done = []

    async def page(scope, receive, send):
        start = time.monotonic()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(20):
            await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        done.append(time.monotonic() - start)

    reader = ask(page, scope(), sender(), Reader(pause=0.1))
    assert len(reader.body) == 2_000_000
    assert done[0] < 0.1


def test_a_page_that_breaks_breaks_through():
    async def page(scope, receive, send):
        raise LookupError

    with pytest.raises(LookupError):
        ask(page, scope(), sender())


def slow_post(port: int) -> socket.socket:
    sending = socket.create_connection(("127.0.0.1", port))
    sending.sendall(b"POST /start/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nhalf a form")
    return sending


@pytest.mark.slow
def test_slow_senders_do_not_hold_up_a_page(careline_server: Careline):
    slow = [slow_post(careline_server.port) for _ in range(12)]
    time.sleep(0.3)
    took = []
    for _ in range(10):
        start = time.monotonic()
        with urllib.request.urlopen(f"{careline_server.url}/healthz", timeout=5) as answer:
            assert answer.status == 200
        took.append(time.monotonic() - start)
    for sending in slow:
        sending.close()
    assert sorted(took)[5] < 0.25


@pytest.mark.slow
def test_an_upload_that_is_too_large_is_answered(careline_server: Careline):
    with socket.create_connection(("127.0.0.1", careline_server.port)) as sending:
        sending.sendall(
            b"POST /start/ HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 60000000\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = b""
        while piece := sending.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 50 MB" in answer
