"""How far long work is, told past the database: the work's own transaction would hide it until the end."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Progress:
    """How far a piece of work is: share in 0..1, state waiting, running, ready or failed."""

    state: str
    share: float = 0.0
    text: str = ""
    left_s: float | None = None


def tell(
    name: str, *, share: float, state: str = "running", text: str = "", left_s: float | None = None
) -> None:
    """Say how far the work called `name` is."""
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(asdict(Progress(state=state, share=share, text=text, left_s=left_s))))
    os.replace(new, path)


def read(name: str) -> Progress | None:
    """Return what the work said last; None when it said nothing."""
    try:
        return Progress(**json.loads(_path(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forget(name: str) -> None:
    """Forget what was said."""
    _path(name).unlink(missing_ok=True)


def _path(name: str) -> Path:
    return Path(settings.VAR) / "progress" / f"{name}.json"
