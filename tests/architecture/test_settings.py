"""Every setting an operator may give is in the handbook, and the handbook names no other."""

from __future__ import annotations

import ast
import re

from tests.architecture.house import ROOT, Source, dotted, sources

READERS = {"value", "flag", "os.environ.get", "environ.get", "os.getenv"}
# Passed from the supervisor to its parts, not by people; each part refuses to start without them.
INNER = {"CARELINE_SUPERVISOR", "CARELINE_SOCKET", "DJANGO_SETTINGS_MODULE", "PATH"}
HANDBOOK = ROOT / "docs" / "operate.md"


def read_in(source: Source) -> set[str]:
    """Return the names of the environment variables that a file reads."""
    found = set()
    for node in source.nodes():
        if isinstance(node, ast.Call) and dotted(node.func) in READERS and node.args:
            found.add(node.args[0])
        elif isinstance(node, ast.Subscript) and dotted(node.value) == "os.environ":
            found.add(node.slice)
        elif isinstance(node, ast.keyword) and node.arg == "envvar":
            found.add(node.value)
    names = {name.value for name in found if isinstance(name, ast.Constant)}
    return {name for name in names if isinstance(name, str) and name.isupper()}


def described(text: str) -> set[str]:
    """Return the names in the first column of the tables of the handbook."""
    return set(re.findall(r"^\| `([A-Z_]+)`", text, re.MULTILINE))


def test_the_handbook_names_every_setting_and_no_other() -> None:
    used = set().union(*(read_in(source) for source in sources())) - INNER
    assert used == described(HANDBOOK.read_text())


def test_what_is_deployed_sets_only_what_there_is() -> None:
    known = described(HANDBOOK.read_text())
    for path in sorted((ROOT / "deploy").iterdir()):
        named = set(re.findall(r"\b(?:CARELINE_[A-Z_]+|DATABASE_URL|REDIS_URL)\b", path.read_text()))
        assert named, f"{path.name} sets nothing"
        assert named <= known, path.name


def test_a_setting_is_found_however_it_is_read() -> None:
    text = "value('A', ''), flag('B', default=True), os.environ.get('C'), os.environ['D'], Option(envvar='E')"
    assert read_in(Source("careline/config/x.py", text)) == {"A", "B", "C", "D", "E"}
    assert described("| `PORT` | 8000 |\n`OTHER`") == {"PORT"}
