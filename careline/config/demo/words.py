"""Reads what was written by hand: one YAML file of the folder texts/."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def read(name: str) -> Any:
    """Return the contents of texts/`name`.yaml."""
    text = (files("careline.config.demo") / "texts" / f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)
