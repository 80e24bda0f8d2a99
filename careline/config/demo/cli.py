"""`careline demo`: fill an empty database with the invented operation. Loads nothing heavy until it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass
class Bar:
    """A progress bar with the time left, where somebody looks."""

    shown: bool

    def run(self, tickets: int, seed: int, days: int) -> dict[str, object]:
        """Build, showing how far it is."""
        from django.utils import timezone
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        from careline.config.demo.write import build

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, disable=not self.shown, transient=True) as bar:
            task = bar.add_task("", total=1.0)

            def tell(what: str, share: float) -> None:
                bar.update(task, description=what, completed=share)

            built = build(now=timezone.now(), seed=seed, tickets=tickets, days=days, progress=tell)
        return built._asdict()


def demo(
    tickets: Annotated[int, typer.Option(help="How many tickets.", min=1)] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed invents another operation.")] = 7,
    days: Annotated[int, typer.Option(help="How many days of history, ending now.", min=3)] = 90,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Fill an empty database with an invented shop and its customers. Refuses to touch a real operation."""
    from careline.config.cli import django_setup, refuse

    django_setup()
    from django.db import DatabaseError

    from careline.config.demo.write import NotEmpty
    from careline.config.migrate import up_to_date

    try:
        up_to_date()
        built = Bar(shown=not as_json).run(tickets, seed, days)
    except NotEmpty as error:
        refuse(f"A demo goes into an empty database only, and {error}.")
    except DatabaseError as error:
        refuse(f"The database cannot be used: {error}\nTry: careline doctor")
    if as_json:
        typer.echo(json.dumps(built))
        return
    typer.echo(
        f"{built['tickets']} tickets with {built['messages']} messages by {built['customers']} customers."
    )
    typer.echo(f"Sign in with the password {built['password']} as:")
    for address in built["people"]:  # type: ignore[attr-defined]
        typer.echo(f"  {address}")
