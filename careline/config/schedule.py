"""What happens again and again: each second, and at set times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec

from django.core.management import call_command
from django.utils import timezone

from careline.config.demo.presence import keep_company
from careline.core import queue
from careline.customers import actions as customers
from careline.sla import actions as sla

Tick = Callable[[datetime], object]
FORGET_AFTER = timedelta(days=7)


def forget_old_jobs() -> int:
    """Remove finished work from the queue after a week."""
    return queue.forget_done(before=timezone.now() - FORGET_AFTER)


def forget_old_sessions() -> None:
    """Remove sessions that have run out."""
    call_command("clearsessions")


def forget_removed_addresses() -> int:
    """Forget for good the customer addresses that were removed and not given back within a day."""
    return customers.forget_removed_addresses(now=timezone.now())


def extend_holidays() -> int:
    """Close the calendars on the public holidays of the years that have come nearer."""
    return sla.extend_holidays(now=timezone.now())


# name -> (cron line, UTC; function without arguments)
SCHEDULES: dict[str, tuple[str, Callable[[], object]]] = {
    "forget-old-jobs": ("17 3 * * *", forget_old_jobs),
    "forget-old-sessions": ("27 3 * * *", forget_old_sessions),
    "demo-presence": ("* * * * *", keep_company),
    "extend-holidays": ("47 3 1 * *", extend_holidays),
    "forget-removed-addresses": ("37 * * * *", forget_removed_addresses),
}


def _tick(module: str, function: str) -> Tick:
    def run(now: datetime) -> object:
        return getattr(import_module(module), function)(now=now)

    return run


# Run each second, one after the other. Each looks for what is due; it must be safe in two workers at once.
TICKS: dict[str, Tick] = {
    f"{module}.{function}": _tick(f"careline.{module}", function)
    for module, function in (("sla.actions", "tell_due_clocks"), ("channels.actions", "send_due"))
    if find_spec(f"careline.{module}")
}
