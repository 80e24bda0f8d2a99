# ruff: noqa: E501  (mails are quoted as they come)
import json
import time
from pathlib import Path

from careline.calc.mail.parse import parse
from careline.channels import parse_files
from careline.channels.guard import Failure, parse_limited

MAIL = b"From: Anna <a@b.test>\nSubject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: image/png; name=a.png\n\nPNG\n--b--\n"


def test_the_child_reads_what_the_parser_reads() -> None:
    assert parse_limited(MAIL) == parse(MAIL)


def test_too_little_time_is_a_failure_and_the_next_mail_is_read() -> None:
    start = time.monotonic()
    answer = parse_limited(b"Subject: x\n\n" + b"a b " * 5_000_000, seconds=0.05)
    assert answer == Failure("time")
    assert time.monotonic() - start < 2
    assert parse_limited(MAIL) == parse(MAIL)


def test_too_little_memory_is_a_failure() -> None:
    assert isinstance(parse_limited(b"Subject: x\n\n" + b"a b " * 10_000_000, memory_mb=150), Failure)
    assert parse_limited(MAIL) == parse(MAIL)


def test_every_file_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    told = list(parse_files.lines([tmp_path / "a.eml", tmp_path / "missing", tmp_path]))
    assert [bool(one["problems"]) for one in told[1:]] == [True, True]
    assert told[0]["from"] == {"name": "Anna", "address": "a@b.test"}
    json.dumps(told)
