"""What ``careline mail parse`` prints: one plain dictionary for each file, whatever the file is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from careline.calc.mail.parse import as_json
from careline.calc.mail.shapes import Mail
from careline.channels.guard import Failure, parse_limited

SECONDS = 25.0
MAX_BYTES = 100_000_000
_SPARE = 6.0  # kept back for a second try at the beginning of the mail, and for starting processes
_BEGINNING = 65_536


def lines(paths: Iterable[str | Path], *, seconds: float = SECONDS) -> Iterator[dict[str, object]]:
    """Yield one JSON-able dictionary for each file, in order; never raises, at most `seconds` a file."""
    for path in paths:
        yield line(path, seconds=seconds)


def line(path: str | Path, *, seconds: float = SECONDS) -> dict[str, object]:
    """Return the dictionary of one file."""
    try:
        raw, cut = _read(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return as_json(Mail(problems=(f"The file could not be read: {reason}.",)), str(path))
    mail = parse_limited(raw, seconds=max(1.0, seconds - _SPARE))
    said = [f"Only the first {MAX_BYTES:,} bytes of the file were read."] if cut else []
    if isinstance(mail, Failure):
        said.append(mail.sentence)
        mail = parse_limited(raw[:_BEGINNING], seconds=min(_SPARE / 2, seconds))
    if isinstance(mail, Failure):
        mail = Mail()
    told = as_json(mail, str(path))
    told["problems"] = [*said, *mail.problems]
    return told


def _read(path: str | Path) -> tuple[bytes, bool]:
    if not Path(path).is_file() and Path(path).exists() and not Path(path).is_fifo():
        raise ValueError("it is not a file")
    with Path(path).open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    return raw[:MAX_BYTES], len(raw) > MAX_BYTES
