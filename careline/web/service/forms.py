"""What the policy page asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careline.sla import queries
from careline.sla.actions import Promise
from careline.sla.words import METRIC_WORDS
from careline.web.lengths import LengthField, say_length
from careline.web.service.words import METRICS, PRIORITIES, flat_targets

if TYPE_CHECKING:
    from careline.core.conditions import Condition
    from careline.sla.models import Policy

PAUSING = (("waiting", gettext_lazy("Waiting on customer")), ("hold", gettext_lazy("On hold")))
SCOPES = [
    ("new", gettext_lazy("New conversations only")),
    ("open", gettext_lazy("Open conversations too")),
]


def calendar_choices() -> list[tuple[int, str]]:
    """Return (id, name) of the opening hours there are."""
    return [(calendar.pk, calendar.name) for calendar in queries.calendars()]


class PolicyForm(forms.Form):
    """A promise: whom it covers stands beside it in the condition."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    calendar = forms.TypedChoiceField(
        label=gettext_lazy("Counts in the opening hours"), coerce=int, choices=calendar_choices
    )
    warn = forms.ChoiceField(
        label=gettext_lazy("Warn"),
        choices=[
            ("share", gettext_lazy("when this share of the time is used up")),
            ("before", gettext_lazy("this long before it is due")),
        ],
        widget=forms.RadioSelect,
        initial="share",
    )
    warn_percent = forms.IntegerField(
        label=gettext_lazy("Share in percent"), min_value=1, max_value=100, required=False, initial=75
    )
    warn_before_s = LengthField(label=gettext_lazy("Open time before"), required=False, shortest_s=60)
    reopen_window_s = LengthField(
        label=gettext_lazy("Reopened within"),
        shortest_s=0,
        initial=7 * 86_400,
        help_text=gettext_lazy(
            "A solved conversation that comes back within this time goes on with its old clocks. Later, a "
            "new first reply and a new solution are owed. Counted by the wall clock."
        ),
    )
    bot_counts = forms.BooleanField(
        label=gettext_lazy("An answer by a bot counts as a reply"), required=False
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("From now on this holds for"),
        choices=SCOPES,
        widget=forms.RadioSelect,
        initial="new",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        day_s = self._day_s()
        for metric in METRICS:
            for priority, label in PRIORITIES:
                name = f"{METRIC_WORDS[metric]}: {label}"
                self.fields[f"t-{metric}-{priority}"] = LengthField(
                    label=name,
                    required=False,
                    day_s=day_s,
                    widget=forms.TextInput(attrs={"aria-label": name, "placeholder": "–", "size": 7}),
                )
            self.fields[f"p-{metric}"] = forms.MultipleChoiceField(
                label=str(METRIC_WORDS[metric]),
                required=False,
                choices=PAUSING,
                widget=forms.CheckboxSelectMultiple,
            )

    def _day_s(self) -> float:
        """Return how long a day is in the chosen hours: "2 d" means two open days."""
        given = self.data.get("calendar") if self.is_bound else self.initial.get("calendar")
        number = str(given or "")
        found = queries.calendar(int(number)) if number.isdecimal() else None
        found = found or queries.default_calendar()
        return queries.open_day_s(found) if found else 86_400

    @property
    def day_length(self) -> str:
        """How long an open day is, for the help text."""
        return say_length(self._day_s(), day_s=0)

    def target_rows(self) -> list[dict[str, Any]]:
        """Return the fields of the table: a line a metric, a column a priority."""
        return [
            {
                "label": METRIC_WORDS[metric],
                "cells": [self[f"t-{metric}-{priority}"] for priority, _label in PRIORITIES],
            }
            for metric in METRICS
        ]

    def pause_rows(self) -> list[forms.BoundField]:
        """Return which status stops which clock."""
        return [self[f"p-{metric}"] for metric in METRICS]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("warn") == "before" and not given.get("warn_before_s"):
            self.add_error("warn_before_s", _("Say how long before."))
        if given.get("warn") == "share" and not given.get("warn_percent"):
            self.add_error("warn_percent", _("Say which share, such as 75."))
        if not self.errors and not any(given.get(name) for name in given if name.startswith("t-")):
            raise ValidationError(_("Promise at least one time, or nothing would be owed to anybody."))
        return given

    def promise(self, condition: Condition) -> Promise:
        """Return what was asked for; the form is valid."""
        given = self.cleaned_data
        calendar = queries.calendar(given["calendar"])
        assert calendar is not None  # it is one of the choices
        before = given["warn"] == "before"
        targets: dict[str, dict[str, int]] = {metric: {} for metric in METRICS}
        for metric in METRICS:
            for priority, _label in PRIORITIES:
                if seconds := given.get(f"t-{metric}-{priority}"):
                    targets[metric][priority] = seconds
        return Promise(
            name=given["name"].strip(),
            calendar=calendar,
            condition=condition,
            targets=targets,
            pauses={metric: given[f"p-{metric}"] for metric in METRICS},
            reopen_window_s=given["reopen_window_s"] or 0,
            warn_share=0.75 if before else given["warn_percent"] / 100,
            warn_before_s=given["warn_before_s"] if before else None,
            bot_counts=given["bot_counts"],
        )


def initial_of(policy: Policy) -> dict[str, Any]:
    """Return what the fields show of a policy."""
    return {
        "name": policy.name,
        "calendar": policy.calendar_id,
        "warn": "before" if policy.warn_before_s else "share",
        "warn_percent": round(policy.warn_share * 100),
        "warn_before_s": policy.warn_before_s,
        "reopen_window_s": policy.reopen_window_s,
        "bot_counts": policy.bot_counts,
        **{f"p-{metric}": held for metric, held in policy.pauses.items()},
        **flat_targets(policy.targets),
    }


def initial_of_new() -> dict[str, Any]:
    """Return what the fields of a new policy begin with."""
    usual = queries.default_calendar()
    pauses = {f"p-{metric}": ["waiting"] for metric in METRICS if metric != "first_reply"}
    return {"calendar": usual.pk if usual else None, **pauses}
