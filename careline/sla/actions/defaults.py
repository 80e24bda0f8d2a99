"""What an operation promises before anybody has thought about it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from careline.core import settings as choices
from careline.sla.actions.versions import SINCE_EVER, body_of, write_versions
from careline.sla.models import Calendar, Policy, PolicyVersion

HOUR = 3_600
WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
TARGETS = {  # open seconds by priority
    "first_reply": {"1": 16 * HOUR, "2": 8 * HOUR, "3": 4 * HOUR, "4": 1 * HOUR},
    "next_reply": {"1": 16 * HOUR, "2": 8 * HOUR, "3": 4 * HOUR, "4": 2 * HOUR},
    "resolution": {"1": 80 * HOUR, "2": 40 * HOUR, "3": 24 * HOUR, "4": 8 * HOUR},
}
PAUSES = {metric: ["waiting"] for metric in ("next_reply", "periodic_update", "resolution")}


@transaction.atomic
def ensure_defaults() -> None:
    """Make the usual hours and one policy for everybody, where there are none and no demo brings its own."""
    claim = choices.get("operation.claim") or {}
    if claim.get("kind") == "demo" or Calendar.objects.exists() or Policy.objects.exists():
        return
    zone = choices.get("operation.time_zone")
    calendar = Calendar.objects.create(name=_("Opening hours"), zone=zone, week=WEEK, default=True)
    usual_policy(calendar)


def usual_policy(calendar: Calendar) -> Policy:
    """Make the policy that covers everybody; the caller has seen that there is none."""
    policy = Policy.objects.create(
        name=_("Everybody"), position=100, calendar=calendar, targets=TARGETS, pauses=PAUSES
    )
    PolicyVersion.objects.create(policy=policy, version=1, valid_from=SINCE_EVER, body=body_of(policy))
    return policy


@transaction.atomic
def adopt_zone(*, now: datetime) -> None:
    """Let the usual hours follow the operation's time zone as long as nobody has changed them."""
    zone = choices.get("operation.time_zone")
    untouched = Calendar.objects.filter(default=True, version=1, country="", week=WEEK).exclude(zone=zone)
    for calendar in untouched:
        calendar.zone = zone
        calendar.save(update_fields=["zone"])
        write_versions(calendar.policies.select_related("calendar"), open_too=False, now=now)
