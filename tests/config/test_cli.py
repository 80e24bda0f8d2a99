"""The `careline` command, as people and programs use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from careline.config.cli import FileFirst, app
from tests.config.conftest import inside
from tests.real.careline import ROOT, installation

COMMAND = [sys.executable, "-m", "careline.config.cli"]


def careline(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )


def commands(group, *front):
    """Yield the words of every command and what it says of itself."""
    for name, command in getattr(group, "commands", {}).items():
        yield [*front, name], command.help
        yield from commands(command, *front, name)


ALL = dict((" ".join(words), said) for words, said in commands(typer.main.get_command(app)))


def test_every_command_explains_itself():
    assert {"up", "doctor", "demo", "mail deliver", "user admin"} <= set(ALL)
    for name, said in ALL.items():
        assert said, f"careline {name} says nothing of itself"
        shown = CliRunner().invoke(app, [*name.split(), "--help"])
        assert (shown.exit_code, "Usage" in shown.output) == (0, True)


def test_the_command_is_installed():
    done = careline("--help")
    assert done.returncode == 0
    assert "Exit status" in done.stdout


def test_every_command_is_in_the_handbook():
    handbook = (ROOT / "docs" / "operate.md").read_text()
    told = {name for name in ALL if f"| `careline {name}" in handbook}
    groups = {"mail", "user"}
    assert set(ALL) - told - groups == {"import file"}, "`import FILE` needs no name"


def test_versions_are_for_programs_too():
    assert json.loads(careline("version", "--json").stdout) == {"version": careline("version").stdout.strip()}


def test_help_loads_neither_django_nor_anything_heavy():
    code = "import sys, careline.config.cli; print([m for m in ('django', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_wrong_use_is_told_apart_from_failure():
    assert careline("mail", "deliver").returncode == 2
    assert careline("no-such-thing").returncode == 2


def test_a_setting_that_cannot_be_used_is_said_in_one_sentence(tmp_path):
    done = careline("migrate", CARELINE_VAR=str(tmp_path), DATABASE_URL="mysql://localhost/x")
    assert done.returncode == 1
    assert "DATABASE_URL starts with mysql://" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_said_in_one_sentence(tmp_path):
    done = careline("migrate", CARELINE_VAR=str(tmp_path), DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert done.returncode == 1
    assert "The database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_mail_is_parsed_without_any_installation(tmp_path):
    mail = tmp_path / "one.eml"
    mail.write_bytes(b"From: Ann <ann@example.org>\r\nSubject: Hello\r\n\r\nGood day\r\n")
    var = tmp_path / "var"
    done = careline("mail", "parse", str(mail), str(tmp_path / "absent.eml"), CARELINE_VAR=str(var))
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["subject"], first["from"]["address"]) == ("Hello", "ann@example.org")
    assert second["problems"]
    assert not var.exists()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["a.csv", "--map", "m.yaml"], "file a.csv m.yaml"),
        (["--map", "m.yaml", "a.csv"], "file a.csv m.yaml"),
        (["mbox", "a.mbox"], "mbox a.mbox"),
    ],
)
def test_the_usual_command_of_a_group_needs_no_name(words, expected):
    group = typer.Typer(cls=FileFirst)

    @group.command("file")
    def file(path: str, map: str = typer.Option()) -> None:
        typer.echo(f"file {path} {map}")

    @group.command("mbox")
    def mbox(path: str) -> None:
        typer.echo(f"mbox {path}")

    assert CliRunner().invoke(group, words).output == expected + "\n"


@pytest.mark.slow
def test_an_installation_from_the_command_line():
    with installation() as house:
        assert "up to date" in house.run("migrate")
        assert house.run("migrate") == "Nothing to do.\n"
        findings = json.loads(house.run("doctor", "--json", code=3))
        states = {finding["area"]: finding["state"] for finding in findings}
        assert states["database"] == "ok"
        assert "careline up" in next(f["todo"] for f in findings if f["area"] == "background")
        given = ("--name", "Ada", "--password", "a-long-and-strange-one")
        house.run("user", "admin", "ada@example.org", *given)
        house.run("user", "admin", "bo@example.org", "--name", "Bo", "--password", "short", code=1)
        house.run("user", "admin", "bo@example.org", "--name", "Bo", "--password", "another-strange-one")
        house.run("user", "admin", "nobody", *given, code=1)
        admins = "answer = [u.email for u in User.objects.filter(roles__key='admin').order_by('email')]"
        assert inside(house, admins) == ["ada@example.org", "bo@example.org"]
