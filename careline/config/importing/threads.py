"""Which mails of a file belong together: whoever names the same Message-ID."""

from __future__ import annotations

from collections.abc import Iterable

from careline.config.importing.mbox_file import Head


def threads(heads: Iterable[Head]) -> list[list[Head]]:
    """Return the conversations, the oldest first, the mails of each in order of time."""
    parent: dict[int, int] = {}
    owner: dict[str, int] = {}
    known = {head.number: head for head in heads}

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for head in known.values():
        parent[head.number] = head.number
        for one in head.ids:
            other = root(owner.setdefault(one, head.number))
            parent[max(other, root(head.number))] = min(other, root(head.number))
    groups: dict[int, list[Head]] = {}
    for head in known.values():
        groups.setdefault(root(head.number), []).append(head)
    ordered = [sorted(group, key=_when) for group in groups.values()]
    return sorted(ordered, key=lambda group: _when(group[0]))


def _when(head: Head) -> tuple[float, int]:
    return (head.at.timestamp() if head.at else 0.0, head.number)
