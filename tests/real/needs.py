"""What a test needs from the machine, and what to say when it is not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def command(*names: str, package: str) -> str:
    """Return the path of the first of these commands, or skip and say which package to install."""
    for name in names:
        found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
        if found:
            return found
    pytest.skip(f"{names[0]} is not installed; on Debian: apt-get install {package}")


def shared_data(name: str) -> Path:
    """Return a public data file beside the work tree, or skip where it is not."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"the data set {name} is not beside this work tree")
    return path
