"""Reading the environment: the only place that knows how settings are spelt outside."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_START = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; "
    "PRAGMA mmap_size=268435456; PRAGMA cache_size=-32000; PRAGMA foreign_keys=ON;"
)


class BadSetting(Exception):
    """A setting in the environment cannot be used as it is."""


def value(name: str, default: str) -> str:
    """Return an environment variable, or the default."""
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Return a yes-or-no environment variable."""
    return os.environ.get(name, "yes" if default else "no").lower() in {"1", "yes", "true", "on"}


def secret_key(var: Path) -> str:
    """Return the secret: from the environment, else from a file made on the first start."""
    given = os.environ.get("CARELINE_SECRET")
    if given:
        return given
    path = var / "secret"
    try:  # exclusive creation, because several processes may start at once
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text() or secret_key_later(path)


def secret_key_later(path: Path) -> str:
    """Wait for another process that is just writing the secret.

    Raises
    ------
    BadSetting
        The file stays empty.
    """
    import time

    for _ in range(50):
        time.sleep(0.02)
        if text := path.read_text():
            return text
    raise BadSetting(f"{path} is empty. Delete it, or set CARELINE_SECRET.")


def database(var: Path) -> dict[str, Any]:
    """Return Django's database settings from DATABASE_URL; an embedded file by default.

    Raises
    ------
    BadSetting
        The address names a database that Careline does not run on.
    """
    url = os.environ.get("DATABASE_URL", "")
    if not url or url.startswith("sqlite"):
        name = url.removeprefix("sqlite:///") if url else str(var / "careline.sqlite3")
        options = {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_START}
        # Page threads and workers live long: each keeps its connection, and what that has in its cache.
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "CONN_MAX_AGE": None,
            "OPTIONS": options,
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadSetting(f"DATABASE_URL starts with {parts.scheme}://; use postgresql:// or sqlite:///")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
