"""How a parsed mail travels between processes: JSON and plain bytes, nothing that could run."""

from __future__ import annotations

import dataclasses
import json
import struct
from datetime import datetime
from typing import Any, cast

from careline.calc.mail.shapes import Address, Attachment, Bounce, Mail

HEAD = struct.Struct(">II")  # bytes of JSON, bytes of content
_ADDRESSES = ("reply_to", "to", "cc", "bcc")
_TUPLES = ("delivered_to", "in_reply_to", "references", "signals", "authentication_results", "problems")


def frame(told: dict[str, Any], content: bytes = b"") -> bytes:
    """Return one frame: lengths, JSON, content."""
    head = json.dumps(told).encode("ascii")
    return HEAD.pack(len(head), len(content)) + head + content


def pack_mail(mail: Mail) -> bytes:
    """Return a mail as one frame; the contents of its attachments follow the JSON end to end."""
    told = {
        field.name: getattr(mail, field.name)
        for field in dataclasses.fields(mail)
        if field.name not in ("attachments", "date")
    }
    told = {name: _plain(value) for name, value in told.items()}
    told["date"] = mail.date.isoformat() if mail.date else None
    told["attachments"] = [
        {field.name: getattr(one, field.name) for field in dataclasses.fields(one) if field.name != "content"}
        for one in mail.attachments
    ]
    return frame({"mail": told}, b"".join(one.content for one in mail.attachments))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def unpack_mail(told: dict[str, Any], content: bytes) -> Mail:
    """Return the mail of a frame.

    Raises
    ------
    KeyError, TypeError, ValueError
        When the frame is not one that `pack_mail` made.
    """
    read: dict[str, Any] = dict(told)
    read["from_"], read["sender"] = Address(**read["from_"]), Address(**read["sender"])
    for name in _ADDRESSES:
        read[name] = tuple(Address(**one) for one in read[name])
    for name in _TUPLES:
        read[name] = tuple(read[name])
    read["headers"] = tuple((str(name), str(value)) for name, value in read["headers"])
    read["date"] = datetime.fromisoformat(read["date"]) if read["date"] else None
    read["bounce"] = Bounce(**read["bounce"]) if read["bounce"] else None
    read["attachments"] = _attachments(cast(list[dict[str, Any]], read["attachments"]), content)
    return Mail(**read)


def _attachments(told: list[dict[str, Any]], content: bytes) -> tuple[Attachment, ...]:
    found, at = [], 0
    for one in told:
        size = int(one["size"])
        found.append(Attachment(**one, content=content[at : at + size]))
        at += size
    return tuple(found)
