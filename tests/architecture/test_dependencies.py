"""Every package we ask people to install is used, and nothing is used that only came along with another."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

from tests.architecture.house import ROOT, sources

# Used without being imported by us.
UNSEEN = {
    "argon2-cffi": "Django hashes passwords with it",
    "tzdata": "time zones where the machine has none",
    "django-template-partials": "the template tags",
    "whitenoise": "named as middleware",
    "django-csp": "named as middleware",
}
# Come along with what we ask for, and are part of its interface.
WITH_ANOTHER = {"click": "typer", "asgiref": "django"}


def plain(requirement: str) -> str:
    """Return the name of a requirement as registries compare it."""
    name = re.split(r"[\\[<>=!~; ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> set[str]:
    """Return the top names of all modules that our code imports and that are not its own."""
    found = set()
    for source in sources():
        for node in source.nodes():
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"careline"}


def asked_for() -> set[str]:
    """Return the names of the packages that pyproject.toml asks for, with those of its extras for use."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    return {plain(requirement) for requirement in wanted}


def packages_of(modules: set[str]) -> set[str]:
    """Return the names of the packages that bring these modules."""
    known = packages_distributions()
    return {plain(name) for module in modules for name in known.get(module, [module])}


def test_every_package_we_ask_for_is_used() -> None:
    assert asked_for() - packages_of(imported()) - set(UNSEEN) - {"psycopg"} == set()


def test_every_package_we_use_is_asked_for() -> None:
    assert packages_of(imported()) - asked_for() - set(WITH_ANOTHER) == set()


def test_names_are_compared_as_registries_do() -> None:
    assert plain("Django>=5.2,<6") == "django"
    assert plain("psycopg[binary,pool]>=3.2") == "psycopg"
    assert plain("ruamel.yaml_x == 1") == "ruamel-yaml-x"
