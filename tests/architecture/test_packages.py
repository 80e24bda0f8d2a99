"""Every package says what it holds, and has a floor."""

from __future__ import annotations

import ast
import tomllib

import pytest

from careline.config.settings import DOMAINS
from tests.architecture.house import PACKAGE, ROOT

PACKAGES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_what_it_holds(name: str) -> None:
    said = ast.get_docstring(ast.parse((PACKAGE / name / "__init__.py").read_text())) or ""
    assert said.partition("\n")[0].endswith("."), f"careline/{name}/__init__.py says nothing of itself"
    tables = PACKAGE / name / "models.py"
    if tables.exists() and "class " in tables.read_text():
        assert "Holds nothing yet" not in said


def test_every_package_stands_on_a_floor() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    standing = {name.strip() for floor in floors for name in floor.split("|")}
    assert standing == set(PACKAGES)
    assert set(DOMAINS) < standing
