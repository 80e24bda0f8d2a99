# ruff: noqa: E501  (mails are quoted as they come)
"""Plain makers of mails."""

from __future__ import annotations

import base64
import struct

HEAD = b"From: Anna <anna@shop.test>\r\nTo: care@desk.test\r\nSubject: Hello\r\nDate: Mon, 1 Jan 2024 10:00:00 +0100\r\nMessage-ID: <1@shop.test>\r\n"


def text_mail(body: bytes, charset: str | None = None, extra: bytes = b"") -> bytes:
    kind = f"Content-Type: text/plain; charset={charset}\r\n".encode() if charset else b""
    return HEAD + extra + kind + b"\r\n" + body


def html_mail(markup: str) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + markup.encode()


def mixed(*parts: bytes, kind: str = "mixed") -> bytes:
    head = HEAD + f'Content-Type: multipart/{kind}; boundary="BB"\r\n\r\n'.encode()
    return head + b"".join(b"--BB\r\n" + one + b"\r\n" for one in parts) + b"--BB--\r\n"


def part(kind: str, body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{one}\r\n" for one in (f"Content-Type: {kind}", *headers))
    return lines.encode() + b"\r\n" + body


def file_part(kind: str, body: bytes, *headers: str) -> bytes:
    return part(kind, base64.encodebytes(body), "Content-Transfer-Encoding: base64", *headers)


def tnef(body: bytes, files: dict[bytes, bytes]) -> bytes:
    """Build a winmail.dat by the published layout: level, attribute, length, data, checksum."""

    def thing(level: int, attribute: int, kind: int, data: bytes) -> bytes:
        return (
            struct.pack("<BHHI", level, attribute, kind, len(data))
            + data
            + struct.pack("<H", sum(data) & 0xFFFF)
        )

    out = struct.pack("<IH", 0x223E9F78, 1) + thing(1, 0x9006, 8, struct.pack("<I", 0x10000))
    out += thing(1, 0x9007, 6, struct.pack("<II", 1252, 0)) + thing(1, 0x800C, 2, body + b"\x00")
    for name, data in files.items():
        out += (
            thing(2, 0x9002, 6, b"\x01\x00" + b"\x00" * 12)
            + thing(2, 0x8010, 1, name + b"\x00")
            + thing(2, 0x800F, 6, data)
        )
    return out
