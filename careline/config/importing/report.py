"""What an import did and what it left out, counted and kept line by line."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

SHOWN = 20  # problems that are printed; the file holds them all


@dataclass
class Report:
    """Counts, and where the whole list of problems is."""

    source: str
    dry_run: bool = False
    tickets: int = 0
    messages: int = 0
    events: int = 0
    known: int = 0  # how many were in already
    unit: str = "tickets"  # what is counted so
    made: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first: list[dict[str, Any]] = field(default_factory=list)
    file: Path | None = None
    _stream: IO[str] | None = field(default=None, repr=False)

    def skip(self, line: int, name: str, reason: str) -> None:
        """Note one thing that was left out."""
        self.skipped += 1
        self.reasons[_kind_of(reason)] += 1
        entry = {"line": line, "id": name, "reason": reason}
        if len(self.first) < SHOWN:
            self.first.append(entry)
        if self.file is not None:
            if self._stream is None:
                self.file.parent.mkdir(parents=True, exist_ok=True)
                self._stream = self.file.open("w", encoding="utf-8")
            self._stream.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Write out the list."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def facts(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "source": self.source,
            "dry_run": self.dry_run,
            "tickets": self.tickets,
            "messages": self.messages,
            "events": self.events,
            "already_in": self.known,
            "made": self.made,
            "skipped": self.skipped,
            "reasons": dict(self.reasons.most_common()),
            "first_skipped": self.first,
            "report": str(self.file) if self.file and self.skipped else None,
        }

    def sentences(self) -> list[str]:
        """Return the report for people."""
        verb = "would be imported" if self.dry_run else "imported"
        lines = [f"{self.tickets} tickets with {self.messages} messages and {self.events} events {verb}."]
        if self.known:
            lines.append(f"{self.known} {self.unit} were in already.")
        made = [f"{count} {what}" for what, count in self.made.items() if count]
        if made:
            lines.append(f"{'New would be' if self.dry_run else 'New'}: {', '.join(made)}.")
        if not self.skipped:
            return lines
        lines.append(f"{self.skipped} left out:")
        lines += [f"  {count:>7} x {reason}" for reason, count in self.reasons.most_common(SHOWN)]
        lines.append("The first of them:")
        lines += [f"  line {one['line']}{_of(one['id'])}: {one['reason']}" for one in self.first]
        if self.file:
            lines.append(f"All of them: {self.file}")
        return lines


def _of(name: str) -> str:
    return f" ({name})" if name else ""


def _kind_of(reason: str) -> str:
    """Return a reason without what differs from line to line, so that it can be counted."""
    out, quoted = [], False
    for word in reason.split(" "):
        if word.startswith(("'", '"')):
            quoted = True
            out.append("…")
        if not quoted:
            out.append("…" if any(letter.isdigit() for letter in word) else word)
        if word.rstrip(",.;:)").endswith(("'", '"')) and quoted:
            quoted = False
    return " ".join(out)
