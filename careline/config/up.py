"""What `careline up` does, step by step."""

from __future__ import annotations

import os

from django.conf import settings
from django.db import connection, connections

from careline.config import migrate, parts, supervisor
from careline.config.environment import value
from careline.core import heartbeat


def up(port: int) -> None:
    """Bring the database up to date, start all parts, and stay until told to stop.

    Raises
    ------
    supervisor.PortInUse
        The address is taken.
    """
    names = parts.expected()
    bind = value("CARELINE_BIND", "127.0.0.1")
    # First of all the port: who starts a second Careline by mistake should not migrate under the first.
    listening = supervisor.open_port(bind, port) if "web" in names else None
    missing = migrate.up_to_date()
    if missing:
        supervisor.say(f"The database is up to date ({missing} steps).")
    heartbeat.forget(names)
    children = supervisor.make_parts(names, listening, web_processes=_web_processes())
    connections.close_all()
    host = "127.0.0.1" if bind in {"0.0.0.0", "127.0.0.1"} else f"[{bind}]" if ":" in bind else bind
    supervisor.keep_alive(children, when_ready=_say_ready, url=f"http://{host}:{port}")
    heartbeat.forget(names)  # an orderly end is not a silence


def _say_ready() -> None:
    supervisor.say(f"Careline is ready: {settings.BASE_URL}")


def _web_processes() -> int:
    # SQLite has one writer at a time; PostgreSQL serves as many as there are cores.
    usual = (os.cpu_count() or 1) if connection.vendor == "postgresql" else 1
    return max(1, int(value("CARELINE_WEB_PROCESSES", str(usual))))
