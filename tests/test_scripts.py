"""The set-up scripts, as far as they decide anything."""

from __future__ import annotations

import runpy
from pathlib import Path

import psycopg
import pytest
from babel.messages.catalog import Catalog

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


@pytest.mark.slow
@pytest.mark.postgres
def test_a_private_postgres_answers_and_is_gone_afterwards() -> None:
    script = runpy.run_path(str(SCRIPTS / "with_postgres.py"))
    with script["private_server"]() as address, psycopg.connect(f"{address}/postgres") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"{address}/postgres", connect_timeout=3)


def test_a_translation_is_missed_when_it_is_empty_guessed_or_has_lost_its_placeholder() -> None:
    script = runpy.run_path(str(SCRIPTS / "messages.py"))
    catalogue = Catalog(locale="de")
    catalogue.add("Reply", "Antworten")
    catalogue.add("Close", "")
    catalogue.add("Open", "Offen", flags=["fuzzy"])
    catalogue.add(("%(n)s day", "%(n)s days"), ("%(n)s Tag", "Tage"), flags=["python-format"])
    found = "\n".join(script["problems_in"](catalogue))
    assert "Reply" not in found
    for text in ("Close", "Open", "%(n)s day"):
        assert text in found


def test_a_set_up_step_is_done_again_only_when_its_inputs_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = runpy.run_path(str(SCRIPTS / "setup.py"))["step"]
    monkeypatch.setitem(step.__globals__, "STAMPS", tmp_path)
    done: list[str] = []
    for inputs in ("one", "one", "two"):
        step("a step", lambda: done.append("once"), inputs)
    assert len(done) == 2
