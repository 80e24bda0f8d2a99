"""`careline mail add`: a mailbox without a browser."""

from __future__ import annotations

import json
from pathlib import Path

from tests.real.careline import installation

MAIL = b"From: Ada <ada@example.net>\r\nSubject: Hello\r\nMessage-ID: <1@example.net>\r\n\r\nWhere is it?\r\n"


def test_a_mailbox_set_up_from_the_command_line_takes_mail_in(tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(MAIL)
    with installation() as careline:
        careline.run("migrate")
        kept = json.loads(careline.run("mail", "add", "Help@Desk.example", "--name", "Help", "--json"))
        assert (kept["address"], kept["reads"]) == ("help@desk.example", {"kind": "smtp"})
        said = json.loads(careline.run("mail", "deliver", "--mailbox", "help@desk.example", str(file)))
        assert (said["outcome"], said["ticket"]) == ("new", 1)
        careline.run("mail", "add", "help@desk.example", code=1)  # another mailbox has this address


def test_servers_are_written_as_host_and_port_and_the_password_is_not_shown() -> None:
    with installation(CARELINE_MAIL_PASSWORD="hunter2hunter2") as careline:
        careline.run("migrate")
        words = ("--imap", "imap.desk.example", "--smtp", "mail.desk.example:2525", "--smtp-security", "none")
        said = careline.run("mail", "add", "help@desk.example", *words, "--json")
        kept = json.loads(said)
        assert (kept["reads"]["host"], kept["reads"]["port"]) == ("imap.desk.example", 993)
        assert (kept["sends"]["host"], kept["sends"]["port"]) == ("mail.desk.example", 2525)
        assert "hunter2" not in said


def test_a_database_that_is_not_made_yet_is_told_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(MAIL)
    with installation() as careline:
        careline.run("mail", "deliver", "--mailbox", "help@desk.example", str(file), code=1)
        careline.run("mail", "add", "help@desk.example", code=1)
