"""The `careline` command. Django is only set up by the commands that need it, so that help comes at once."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

OK, REFUSED, USAGE, ATTENTION = 0, 1, 2, 3
EPILOG = "Exit status: 0 done, 1 refused or failed, 2 wrong use, 3 done, but something needs your attention."

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Mail files, one mail each.")]

app = typer.Typer(
    name="careline",
    help="Customer care operations: listen, learn, lead, in one self-hosted system.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class FileFirst(TyperGroup):
    """A group whose usual command needs no name: `import FILE` beside `import mbox FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the usual command in front when none of the others is named."""
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = ["file", *args]
        return super().parse_args(ctx, args)


def django_setup() -> None:
    """Set Django up, or say in one sentence what is wrong with the configuration."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careline.config.settings")
    from careline.config.environment import BadSetting

    try:
        import django

        django.setup()
    except (BadSetting, ValueError, OSError) as error:
        refuse(f"The configuration cannot be used: {error}")


@contextmanager
def usable_database() -> Iterator[None]:
    """Say what to do when the database is not there, or not up to date."""
    from django.db import DatabaseError

    try:
        yield
    except DatabaseError as error:
        refuse(f"The database cannot be used: {error}\nTry: careline migrate, then careline doctor")


def refuse(sentence: str) -> None:
    """Say why not, and end with the status that means refused."""
    typer.echo(f"careline: {sentence}", err=True)
    raise typer.Exit(REFUSED)


@app.command()
def up(
    port: Annotated[int, typer.Option(envvar="PORT", help="Where to listen.", min=0, max=65535)] = 8000,
) -> None:
    """Start Careline: web, background work and mail as one; ends with Ctrl+C."""
    os.environ["PORT"] = str(port)
    django_setup()
    from django.db import DatabaseError

    from careline.config import supervisor
    from careline.config import up as steps

    try:
        steps.up(port)
    except supervisor.PortInUse as error:
        refuse(str(error))
    except DatabaseError as error:
        refuse(f"The database cannot be used: {error}\nTry: careline doctor")


@app.command()
def migrate() -> None:
    """Bring the database up to date. `careline up` does this by itself."""
    django_setup()
    from django.db import DatabaseError

    from careline.config.migrate import up_to_date

    try:
        missing = up_to_date()
    except DatabaseError as error:
        refuse(f"The database cannot be used: {error}")
    typer.echo(f"The database is up to date ({missing} steps)." if missing else "Nothing to do.")


@app.command(epilog=EPILOG)
def doctor(as_json: AsJson = False) -> None:
    """Check configuration, database, mail, background work, disk and clock, and say what to do."""
    django_setup()
    from careline.config import doctor as checks

    findings = checks.examine()
    if as_json:
        typer.echo(json.dumps([finding.facts() for finding in findings], indent=2))
    else:
        checks.show(findings)
    raise typer.Exit(OK if all(finding.state == "ok" for finding in findings) else ATTENTION)


@app.command()
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    from careline import __version__

    typer.echo(json.dumps({"version": __version__}) if as_json else __version__)


mail = typer.Typer(help="Read mail files, and take them in.", no_args_is_help=True)
app.add_typer(mail, name="mail")


@mail.command("parse")
def mail_parse(files: Files) -> None:
    """Print what Careline understands of each file, one JSON object a line. Needs no database."""
    # By name, because loading the package would load Django.
    for line in import_module("careline.channels.parse_files").lines(files):
        print_line(line)


@mail.command("deliver")
def mail_deliver(
    files: Files,
    mailbox: Annotated[str, typer.Option(help="The address of the mailbox they came to.")],
) -> None:
    """Take files through the whole intake, and print what became of each, one JSON object a line."""
    django_setup()
    from django.utils import timezone

    deliver = import_module("careline.channels.deliver_files")
    attention = False
    with usable_database():
        for line in deliver.lines(mailbox=mailbox, paths=files, now=timezone.now()):
            attention |= isinstance(line, dict) and bool(line.get("quarantined") or line.get("error"))
            print_line(line)
    raise typer.Exit(ATTENTION if attention else OK)


@mail.command("add")
def mail_add(  # noqa: PLR0913 - each argument is an option of the command line
    address: Annotated[str, typer.Argument(help="The address that customers write to.")],
    name: Annotated[str, typer.Option(help="How the mailbox is called; the address if left out.")] = "",
    imap: Annotated[
        str, typer.Option(help="HOST or HOST:PORT to read from; without it, mail is delivered to us.")
    ] = "",
    imap_security: Annotated[str, typer.Option(help="tls, starttls or none.")] = "tls",
    smtp: Annotated[str, typer.Option(help="HOST or HOST:PORT to send through.")] = "",
    smtp_security: Annotated[str, typer.Option(help="tls, starttls or none.")] = "starttls",
    user: Annotated[str, typer.Option(help="Who signs in at the servers; the address if left out.")] = "",
    password: Annotated[
        str, typer.Option(envvar="CARELINE_MAIL_PASSWORD", help="Better given in CARELINE_MAIL_PASSWORD.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Set up a mailbox without a browser: one that others deliver to, or one that is read over IMAP."""
    django_setup()
    from careline.config import mailboxes

    try:
        with usable_database():
            kept = mailboxes.add(
                address=address,
                name=name,
                reading=mailboxes.Server(imap, imap_security) if imap else None,
                sending=mailboxes.Server(smtp, smtp_security) if smtp else None,
                user=user,
                password=password,
            )
    except mailboxes.MailboxRefused as error:
        refuse(str(error))
    typer.echo(json.dumps(kept) if as_json else f"{kept['address']} is set up.")


def print_line(line: Any) -> None:
    """Print one line of JSON, at once, so that a program can follow."""
    sys.stdout.write(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False))
    sys.stdout.write("\n")
    sys.stdout.flush()


user = typer.Typer(help="People who sign in.", no_args_is_help=True)
app.add_typer(user, name="user")


@user.command("admin")
def user_admin(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    name: Annotated[str, typer.Option(help="How the person is called.", prompt=True)],
    password: Annotated[
        str,
        typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if not given."),
    ],
) -> None:
    """Make an administrator, or give somebody a new password and the administrator's role."""
    django_setup()
    from careline.config import accounts

    with usable_database():
        accounts.make_admin(email=email, name=name, password=password, refuse=refuse)
    typer.echo(f"{email} is an administrator.")


@user.command("invite")
def user_invite(
    email: Annotated[str, typer.Argument(help="Whom to invite.")],
    role: Annotated[str, typer.Option(help="agent, lead, qa, planner, manager, admin or auditor.")] = "agent",
    name: Annotated[str, typer.Option(help="How the person is called.")] = "",
) -> None:
    """Invite somebody by mail, and print the link, in case no mailbox is set up yet."""
    django_setup()
    from careline.config import accounts

    with usable_database():
        typer.echo(accounts.invite(email=email, name=name, role=role, refuse=refuse))


def _mount() -> None:
    """Add the commands that live in packages of their own; these import nothing heavy until they run."""
    if find_spec("careline.config.demo.cli"):
        app.command("demo")(import_module("careline.config.demo.cli").demo)
    if find_spec("careline.config.importing") and find_spec("careline.config.importing.cli"):
        commands = import_module("careline.config.importing.cli")
        group = typer.Typer(cls=FileFirst, no_args_is_help=True, epilog=EPILOG)
        group.command(
            "file", help="Import tickets from CSV or JSON lines (the name `file` may be left out)."
        )(commands.file)
        group.command("mbox")(commands.mbox)
        app.add_typer(
            group, name="import", help="Import FILE --map MAP.yaml, or mbox FILE --mailbox ADDRESS."
        )


_mount()


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
