"""The sources of the house as trees, and small samples to try a rule on."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "careline"
TEMPLATES = PACKAGE / "web" / "templates"


@dataclass(frozen=True)
class Source:
    """One file of Python: where it lies, seen from the root, and what it says."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def nodes(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


Rule = Callable[[Source], list[str]]


@cache
def sources() -> tuple[Source, ...]:
    """Return the files of the package, without those that Django writes."""
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
    return tuple(Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths)


def broken(rule: Rule) -> list[str]:
    """Return every place in the house that breaks a rule."""
    return [place for source in sources() for place in rule(source)]


def functions(source: Source) -> list[ast.FunctionDef]:
    """Return the public functions that stand at the top of a file."""
    return [
        node
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def dotted(node: ast.AST) -> str:
    """Return `a.b.c` for an attribute chain, and nothing for all else."""
    if isinstance(node, ast.Attribute):
        front = dotted(node.value)
        return f"{front}.{node.attr}" if front else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def templates() -> list[tuple[str, str]]:
    """Return the name and text of every page and piece."""
    paths = sorted(TEMPLATES.rglob("*.html"))
    return [(path.relative_to(TEMPLATES).as_posix(), path.read_text()) for path in paths]
