"""Which process holds something, and whether it is certainly dead, so that nobody need wait for its lease."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket


def here() -> str:
    """Name the place where process numbers mean something: this machine, or one container on it."""
    with contextlib.suppress(OSError):
        return f"{socket.gethostname()[:25]}:{os.stat('/proc/self/ns/pid').st_ino}"
    return f"{socket.gethostname()[:25]}:0"


def new_name() -> str:
    """Return a name for this life of the process: a lease must not pass to a namesake."""
    return f"{here()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_dead(name: str) -> bool:
    """Say whether the process with this name, on this place, is certainly gone."""
    place, _, rest = name.rpartition(":")[0].rpartition(":")
    if place != here() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
