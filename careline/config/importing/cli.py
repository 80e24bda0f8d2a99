"""`careline import`: tickets from elsewhere. Loads nothing heavy until it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from careline.config.importing.report import Report

Progress = Callable[[str, float], None]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")]
ReportFile = Annotated[
    Path | None, typer.Option("--report", help="Where to list what was left out, one JSON object a line.")
]


def file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON lines, plain or .gz.")],
    map_name: Annotated[
        str, typer.Option("--map", help="A map file, or star or incident_log; see docs/import.md.")
    ],
    dry_run: DryRun = False,
    as_json: AsJson = False,
    report_file: ReportFile = None,
) -> None:
    """Import tickets from CSV or JSON lines, as a map says. Safe to run again: what is in stays as it is."""
    _start()
    from careline.config.importing import mapping
    from careline.config.importing.reading import Unreadable
    from careline.config.importing.run import run

    def work(now: datetime, progress: Progress) -> Report:
        chosen = mapping.load(map_name)
        where = report_file or _report_file(chosen.source, now)
        return run(path, chosen, now=now, dry_run=dry_run, report_file=where, progress=progress)

    _do(work, as_json=as_json, refusals=(mapping.BadMap, Unreadable))


def mbox(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="An mbox file.")],
    mailbox: Annotated[str, typer.Option(help="The address of the mailbox it belongs to.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
    report_file: ReportFile = None,
) -> None:
    """Import the mails of an mbox into tickets, at their original dates. Safe to run again."""
    _start()
    from careline.config.importing import mbox as mails
    from careline.config.importing.reading import Unreadable

    def work(now: datetime, progress: Progress) -> Report:
        where = report_file or _report_file("mbox", now)
        return mails.run(path, mailbox, now=now, dry_run=dry_run, report_file=where, progress=progress)

    _do(work, as_json=as_json, refusals=(mails.NoSuchMailbox, Unreadable))


def _start() -> None:
    from careline.config.cli import django_setup

    django_setup()


def _report_file(source: str, now: datetime) -> Path:
    from django.conf import settings
    from django.utils.text import slugify

    return Path(settings.VAR) / "imports" / f"{slugify(source) or 'import'}-{now:%Y%m%d-%H%M%S}.jsonl"


def _do(
    work: Callable[[datetime, Progress], Report], *, as_json: bool, refusals: tuple[type[Exception], ...]
) -> None:
    from django.db import DatabaseError
    from django.utils import timezone

    from careline.config.cli import ATTENTION, OK, refuse
    from careline.config.migrate import up_to_date

    try:
        up_to_date()
        report = _with_bar(lambda progress: work(timezone.now(), progress), shown=not as_json)
    except refusals as error:
        refuse(str(error))
    except DatabaseError as error:
        refuse(f"The database cannot be used: {error}\nTry: careline doctor")
    typer.echo(json.dumps(report.facts(), ensure_ascii=False) if as_json else "\n".join(report.sentences()))
    raise typer.Exit(ATTENTION if report.skipped else OK)


def _with_bar(work: Callable[[Progress], Report], *, shown: bool) -> Report:
    from rich import progress as rich

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, disable=not shown, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        return work(lambda what, share: bar.update(task, description=what, completed=share))
