"""What all tests share: the choice of database, and a skip that counts as a failure in CI."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management.base import CommandError
from django.test import TransactionTestCase

pytest_plugins = ["tests.real.browser", "tests.real.careline", "tests.real.dovecot", "tests.real.smtp"]

BROWSER_FIXTURES = {"chromium", "new_page", "page"}
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}


FLUSH_TRIES = 50
_flush_once = TransactionTestCase._fixture_teardown


def _flush(self: TransactionTestCase) -> None:
    """Empty the database after a browser test, when the last request of its pages has let go of it.

    SQLite in memory does not wait for a lock that another connection holds; a page that was just closed may
    still be answered by the server's thread.
    """
    for left in reversed(range(FLUSH_TRIES)):
        try:
            _flush_once(self)
            return
        except CommandError:
            if not left:
                raise
            time.sleep(0.1)


TransactionTestCase._fixture_teardown = _flush


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark browser tests, and leave out those that speak of the other database."""
    other = "sqlite" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "postgres"
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure: in CI, what is not tested is broken."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"A skip is a failure in CI. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Judge the skip of a test."""
    report = yield
    if IN_CI:
        fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Judge the skip of a whole file."""
    report = yield
    if IN_CI:
        fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Iterator[dict[str, Any] | None]:
    """Keep half characters out of reports: one in a failed test's words would end a whole parallel run."""
    report = yield
    return None if report is None else encodable(report)


def encodable(value: Any) -> Any:
    """Return plain data with every text in it fit for UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {encodable(key): encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(encodable(item) for item in value)
    return value


@pytest.fixture(autouse=True)
def files_in_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test stores out of the developer's own var/."""
    monkeypatch.setattr(django_settings, "FILES_ROOT", tmp_path / "files")
