"""Every kind of event is written down in the docstring of its package, and every one written down happens."""

from __future__ import annotations

import ast
import re

from careline.config import reactions
from tests.architecture.house import PACKAGE, Source, dotted, sources

KIND = re.compile(r"[a-z_]+\.[a-z_]+")


def documented(text: str) -> set[str]:
    """Return the kinds that a docstring names after the word Events."""
    _, _, listed = text.partition("Events:")
    return set(KIND.findall(listed))


def all_documented() -> set[str]:
    """Return the kinds that the packages name."""
    found: set[str] = set()
    for path in PACKAGE.glob("*/__init__.py"):
        found |= documented(ast.get_docstring(ast.parse(path.read_text())) or "")
    return found


def recorded(source: Source) -> set[str]:
    """Return the kinds that are recorded by name; one chosen from several counts as all of them."""
    found: set[str] = set()
    for node in source.nodes():
        if isinstance(node, ast.Call) and dotted(node.func) in {"events.record", "record"} and node.args:
            found |= {text for text in strings(node.args[0]) if KIND.fullmatch(text)}
    return found


def strings(node: ast.AST) -> set[str]:
    """Return the texts in an expression."""
    return {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def said_in_code(source: Source) -> set[str]:
    """Return every text of a file that could be a kind of event, docstrings left out."""
    return {text for text in strings(source.tree) if KIND.fullmatch(text)}


def test_every_recorded_kind_is_documented_in_a_package() -> None:
    known = all_documented()
    unknown = {f"{source.path}: {kind}" for source in sources() for kind in recorded(source) - known}
    assert unknown == set()


def test_every_documented_kind_happens_somewhere() -> None:
    said = set().union(*(said_in_code(source) for source in sources() if source.path.count("/") > 1))
    assert all_documented() - said == set()


def test_every_reaction_answers_a_documented_kind() -> None:
    wired = set(reactions.AT_ONCE) | set(reactions.QUEUED)
    assert wired - all_documented() == set()


def test_a_kind_that_nobody_wrote_down_is_found() -> None:
    sample = Source(
        "careline/x/actions.py", "events.record('ticket.lost' if a else 'ticket.found', subject=b)"
    )
    assert recorded(sample) == {"ticket.lost", "ticket.found"}
    assert documented("It holds.\n\nEvents: ticket.lost,\nticket.found.") == {"ticket.lost", "ticket.found"}
    assert documented("It holds e.g. nothing.") == set()
