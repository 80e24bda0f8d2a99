"""Clocks in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from careline.calc import clocks
from careline.calc.clocks import Cycle, Step

MOST_DAYS = 6
METRIC_WORDS: dict[str, str | Promise] = {
    "first_reply": gettext_lazy("First reply"),
    "next_reply": gettext_lazy("Next reply"),
    "periodic_update": gettext_lazy("Update"),
    "resolution": gettext_lazy("Solution"),
}
STATE_WORDS: dict[str, str | Promise] = {
    "running": gettext_lazy("Running"),
    "at_risk": gettext_lazy("At risk"),
    "late": gettext_lazy("Late"),
    "paused": gettext_lazy("Paused"),
    "met": gettext_lazy("Kept"),
    "breached": gettext_lazy("Broken"),
    "not_applicable": gettext_lazy("Does not apply"),
    "cancelled": gettext_lazy("Not needed any more"),
    "merged": gettext_lazy("Goes on in another conversation"),
}
STARTS: dict[str, str | Promise] = {
    "first_reply": gettext_lazy("%(at)s: the customer wrote. A first reply is owed."),
    "next_reply": gettext_lazy("%(at)s: the customer wrote again. A reply is owed."),
    "periodic_update": gettext_lazy("%(at)s: we wrote. An update is owed some time after it."),
    "resolution": gettext_lazy("%(at)s: the customer wrote. A solution is owed."),
}
STOPS: dict[str, str | Promise] = {
    "reply": gettext_lazy("%(at)s: answered."),
    "solved": gettext_lazy("%(at)s: solved."),
    "no_reply_needed": gettext_lazy("%(at)s: marked as needing no reply."),
    "merged": gettext_lazy("%(at)s: merged into another conversation."),
}


def sentences(cycle: Cycle, now: datetime, names: Mapping[int, str]) -> list[str]:
    """Return what counted, what did not, and what followed, oldest first."""
    said = (
        [_promise(cycle, names)]
        if cycle.target_s is not None
        else [_("Nothing is promised here; the time is measured.")]
    )
    for step in _condensed(clocks.explain(cycle, now)):
        teller = _TELLERS.get(step.what)
        if teller and (sentence := teller(step, cycle, names)):
            said.append(sentence)
    return said


def _condensed(steps: Sequence[Step]) -> list[Step]:
    """Return the steps with a long run of days told as one sum: nobody reads sixty lines."""
    told: list[Step] = []
    for _same, run in groupby(steps, key=lambda step: step.what == "counted"):
        days = list(run)
        if days[0].what == "counted" and len(days) > MOST_DAYS:
            middle = days[2:-1]
            total = sum(step.seconds for step in middle)
            between = Step(middle[0].at, "counted", middle[-1].until, total, detail=str(len(middle)))
            days = [*days[:2], between, days[-1]]
        told += days
    return told


def span(seconds: float) -> str:
    """Say a length of time in full: 1 h 30 min."""
    whole = round(seconds)
    if whole < 60:
        return _("%(count)s s") % {"count": whole}
    hours, rest = divmod(whole, 3_600)
    minutes, left = divmod(rest, 60)
    parts = [
        (hours, _("%(count)s h")),
        (minutes, _("%(count)s min")),
        (left if not hours else 0, _("%(count)s s")),
    ]
    return " ".join(unit % {"count": count} for count, unit in parts if count)


def _promise(cycle: Cycle, names: Mapping[int, str]) -> str:
    policy = names.get(cycle.policy_id or 0, _("a policy that is gone"))
    return _("The policy “%(policy)s” promises it within %(length)s of open time.") % {
        "policy": policy,
        "length": span(cycle.target_s or 0),
    }


def _instant(at: datetime) -> str:
    local = timezone.localtime(at)
    day = date_format(local, pgettext("date format", "D j M"))
    return f"{day}, {date_format(local, 'TIME_FORMAT')}"


def _day(step: Step) -> str:
    return date_format(step.day, pgettext("date format", "l j M")) if step.day else ""


def _started(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    return str(STARTS[cycle.metric]) % {"at": _instant(step.at)}


def _counted(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    length = span(step.seconds)
    if step.detail:
        return _("on %(count)s more open days: %(length)s counted.") % {
            "count": step.detail,
            "length": length,
        }
    return _("%(day)s: %(length)s counted.") % {"day": _day(step), "length": length}


def _closed(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    return _("%(day)s: closed, nothing counted.") % {"day": _day(step)}


def _special(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    return _("%(day)s: special hours.") % {"day": _day(step)}


def _paused(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    if step.until is None:
        return _("%(at)s: paused, and has been since.") % {"at": _instant(step.at)}
    return _("%(at)s: paused until %(until)s.") % {"at": _instant(step.at), "until": _instant(step.until)}


def _policy_changed(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    policy = names.get(step.policy_id or 0)
    if policy is None:
        return _("%(at)s: no policy applied any more.") % {"at": _instant(step.at)}
    return _(
        "%(at)s: from here on %(policy)s (version %(version)s) applied; counted anew from the start."
    ) % {
        "at": _instant(step.at),
        "policy": policy,
        "version": step.policy_version,
    }


def _warned(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    return _("%(at)s: at risk from here on.") % {"at": _instant(step.at)}


def _due(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    return _("%(at)s: due.") % {"at": _instant(step.at)}


def _breached(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    if step.detail == "by_change":
        return _("%(at)s: late at once, because what was promised changed.") % {"at": _instant(step.at)}
    return _("%(at)s: late.") % {"at": _instant(step.at)}


def _overtime(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    if step.seconds < 1:
        return ""
    return _("%(length)s of open time beyond it.") % {"length": span(step.seconds)}


def _stopped(step: Step, cycle: Cycle, names: Mapping[int, str]) -> str:
    said = STOPS.get(step.detail)
    return str(said) % {"at": _instant(step.at)} if said else ""


_TELLERS: dict[str, Callable[[Step, Cycle, Mapping[int, str]], str]] = {
    "started": _started,
    "counted": _counted,
    "closed": _closed,
    "special_hours": _special,
    "paused": _paused,
    "policy_changed": _policy_changed,
    "warned": _warned,
    "due": _due,
    "breached": _breached,
    "overtime": _overtime,
    "stopped": _stopped,
}
