"""The process that parses strangers' mail: ``python -m careline.channels.mail_child``, frames in, frames out.

It holds no secrets, opens no database, and the system ends it when it takes too much time or memory.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from typing import Any, BinaryIO

from careline.calc.mail.parse import parse
from careline.channels.wire import HEAD, frame, pack_mail


def main() -> int:
    """Answer frames until the input ends."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while (asked := _read(source)) is not None:
        options, raw = asked
        _limit(float(options["seconds"]), int(options["memory_mb"]))
        target.write(_answer(options, raw))
        target.flush()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))  # the next mail is read under its own limit
    return 0


def _answer(options: dict[str, Any], raw: bytes) -> bytes:
    own = {name: options[name] for name in ("own_domains", "own_addresses", "instance", "separators")}
    try:
        return pack_mail(parse(raw, **own))
    except MemoryError:
        return frame({"failed": "memory"})


def _read(source: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    head = source.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    told, content = HEAD.unpack(head)
    options = json.loads(source.read(told))
    return options, source.read(content)


def _limit(seconds: float, memory_mb: int) -> None:
    """Allow this process so much more time, and so much memory in all."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
    size = memory_mb * 1024 * 1024
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]  # left as it is: the next mail may be allowed more
    resource.setrlimit(resource.RLIMIT_AS, (size, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    raise SystemExit(main())
