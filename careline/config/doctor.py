"""What `careline doctor` looks at: one function a check, each with what it saw and what to do."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import DatabaseError, connection
from django.utils import timezone

from careline.config import migrate, parts
from careline.core import health, heartbeat

FREE_BAD, FREE_LITTLE = 500_000_000, 2_000_000_000
CLOCK_MAY_DIFFER_S = 5.0
LATE = timedelta(minutes=5)
MARKS = {"ok": "[green]ok[/]  ", "warn": "[yellow]look[/]", "bad": "[red]bad[/] "}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: how it is (ok, warn, bad), and what to do about it."""

    area: str
    state: str
    text: str
    todo: str = ""

    def facts(self) -> dict[str, str]:
        """Return it as plain data."""
        return asdict(self)


Findings = Iterator[Finding]


def examine() -> list[Finding]:
    """Look at everything; what cannot be looked at is a finding too."""
    found = [*_of("configuration", configuration), *_of("disk", disk), *_of("assets", assets)]
    reachable = _of("database", database)
    found += reachable
    if all(finding.state != "bad" for finding in reachable):
        for area, check in (("background", background), ("clock", clock), ("mail", mail)):
            found += _of(area, check)
    return found


def _of(area: str, check: Callable[[], Findings]) -> list[Finding]:
    try:
        return list(check())
    except Exception as error:  # the doctor must not fall ill: a check that breaks is a finding
        return [Finding(area, "bad", f"could not be checked: {error}")]


def show(findings: list[Finding]) -> None:
    """Print the findings for people."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        console.print(f"{MARKS[finding.state]}  {finding.area}: {escape(finding.text)}")
        if finding.todo:
            console.print(f"        → {escape(finding.todo)}")


def configuration() -> Findings:
    """The settings that people get wrong."""
    url = urlsplit(settings.BASE_URL)
    if url.scheme not in {"http", "https"} or not url.hostname:
        yield Finding(
            "configuration",
            "bad",
            f"CARELINE_URL is {settings.BASE_URL}",
            "Write it as https://care.example.org",
        )
    elif url.scheme == "http" and url.hostname not in {"localhost", "127.0.0.1"}:
        todo = "Let a proxy with a certificate stand in front; see Behind a proxy in docs/operate.md"
        yield Finding(
            "configuration", "warn", f"people come by {settings.BASE_URL}, without encryption", todo
        )
    else:
        yield Finding("configuration", "ok", f"people come by {settings.BASE_URL}")
    if settings.DEBUG:
        yield Finding(
            "configuration", "warn", "CARELINE_DEBUG is on and shows inner workings", "Unset CARELINE_DEBUG"
        )
    secret = settings.VAR / "secret"
    if not os.environ.get("CARELINE_SECRET") and secret.exists() and secret.stat().st_mode & 0o077:
        yield Finding(
            "configuration", "bad", f"others on this machine can read {secret}", f"chmod 600 {secret}"
        )


def disk() -> Findings:
    """Room for mails and the database."""
    free = shutil.disk_usage(settings.VAR).free
    text = f"{free / 1e9:.1f} GB free at {settings.VAR}"
    if not os.access(settings.VAR, os.W_OK):
        yield Finding(
            "disk", "bad", f"{settings.VAR} cannot be written", "Give it to the user that runs careline"
        )
    if free < FREE_BAD:
        yield Finding("disk", "bad", text, "Make room now: incoming mail needs it")
    elif free < FREE_LITTLE:
        yield Finding("disk", "warn", text, "Make room soon")
    else:
        yield Finding("disk", "ok", text)


def assets() -> Findings:
    """The styles and scripts that are built."""
    missing = [name for name in ("dist/app.css", "dist/app.js") if not finders.find(name)]
    if missing:
        yield Finding("assets", "bad", f"{', '.join(missing)} not built", "Run: make setup")
    else:
        yield Finding("assets", "ok", "built")


def database() -> Findings:
    """Reachable, whole, up to date."""
    where = connection.settings_dict
    name = f"{connection.vendor} {where['NAME']}"
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        todo = "Is it running? Check DATABASE_URL, user and password."
        yield Finding("database", "bad", f"{name} does not answer: {str(error).strip()}", todo)
        return
    missing = migrate.pending()
    if missing:
        yield Finding("database", "bad", f"{len(missing)} steps behind this version", "Run: careline migrate")
    else:
        yield Finding("database", "ok", f"{name} answers and is up to date")
    if connection.vendor == "sqlite":
        yield from _sqlite()


def _sqlite() -> Findings:
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        damage = [row[0] for row in cursor.execute("PRAGMA quick_check(5)").fetchall()]
    if mode != "wal":
        todo = "Put var/ on a local disk: network folders cannot do this"
        yield Finding("database", "bad", f"the journal is {mode} instead of wal", todo)
    if damage == ["ok"]:
        yield Finding("database", "ok", "the file is whole")
    else:
        todo = "Stop Careline and restore the last backup, or use sqlite3 .recover"
        yield Finding("database", "bad", f"the file is damaged: {'; '.join(damage)}", todo)


def background() -> Findings:
    """The running parts, and the work they have before them."""
    now = timezone.now()
    expected = parts.expected()
    silent = heartbeat.silent(expected, now=now)
    if set(silent) == set(expected):
        yield Finding("background", "warn", "Careline is not running", "Start it: careline up")
    elif silent:
        todo = "Read what `careline up` printed about it"
        yield Finding("background", "bad", f"no sign of life from: {', '.join(silent)}", todo)
    else:
        yield Finding("background", "ok", f"running: {', '.join(expected)}")
    work = health.work(now=now)
    if work.dead:
        todo = "Look at Setup, Health: retry or discard them"
        yield Finding("background", "warn", f"{work.dead} jobs have failed for good", todo)
    if work.oldest_due_at and now - work.oldest_due_at > LATE:
        minutes = int((now - work.oldest_due_at).total_seconds() // 60)
        todo = "See whether the part `work` keeps up"
        yield Finding("background", "warn", f"{work.due} jobs wait, the oldest for {minutes} min", todo)
    elif not work.dead:
        yield Finding("background", "ok", f"{work.due} jobs wait, none has failed for good")


def clock() -> Findings:
    """Whether this machine and the database agree on the time, and time goes on evenly."""
    wall, steady = time.time(), time.monotonic()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("select extract(epoch from clock_timestamp())")
            theirs = float(cursor.fetchone()[0])
        if abs(theirs - time.time()) > CLOCK_MAY_DIFFER_S:
            seconds = abs(theirs - wall)
            todo = "Let both machines take their time from a time server (systemd-timesyncd, chrony)"
            yield Finding("clock", "bad", f"this machine and the database differ by {seconds:.0f} s", todo)
            return
    time.sleep(0.2)
    drift = abs((time.time() - wall) - (time.monotonic() - steady))
    newest = max((part.at for part in health.parts(now=timezone.now())), default=None)
    if drift > 0.1:
        yield Finding("clock", "warn", "the clock of this machine jumps", "Let only one service set the time")
    elif newest and newest > timezone.now() + timedelta(seconds=CLOCK_MAY_DIFFER_S):
        yield Finding(
            "clock", "bad", "the clock was set back while Careline ran", "Check the time of this machine"
        )
    else:
        yield Finding("clock", "ok", f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC")


def mail() -> Findings:
    """Each mailbox, what is in quarantine, and what is still to be sent."""
    from careline.config.doctor_mail import look

    ports = (("SMTP", settings.SMTP_PORT), ("LMTP", settings.LMTP_PORT))
    listeners = [
        (kind, settings.MAIL_HOST, port) for kind, port in ports if port and "mail" in parts.expected()
    ]
    for state, text, todo in look(timezone.now(), listeners=listeners):
        yield Finding("mail", state, text, todo)
