"""The shared views that come with Careline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from careline.tickets.models import UNSOLVED, Category

DAY_S = 86_400
_UNSOLVED = {"field": "category", "op": "in", "value": [str(one.value) for one in UNSOLVED]}


@dataclass(frozen=True)
class Shipped:
    """A view as it is shipped; it may be renamed, changed and removed by the operation."""

    key: str
    name: str | Promise
    condition: Mapping[str, Any]
    order: str = "-changed_at"


SHIPPED: tuple[Shipped, ...] = (
    Shipped(
        "my-open",
        _("My open"),
        {"all": [{"field": "assignee", "op": "is", "value": "me"}, _UNSOLVED]},
        "due_at",
    ),
    Shipped(
        "unassigned", _("Unassigned"), {"all": [{"field": "assignee", "op": "empty"}, _UNSOLVED]}, "due_at"
    ),
    Shipped("all-open", _("All open"), _UNSOLVED),
    Shipped(
        "waiting",
        _("Waiting on customer"),
        {"field": "category", "op": "is", "value": str(Category.WAITING.value)},
    ),
    Shipped("at-risk", _("At risk or late"), {"field": "risk_at", "op": "past"}, "due_at"),
    Shipped("breached", _("Late"), {"field": "breached_at", "op": "not_empty"}, "due_at"),
    Shipped(
        "solved",
        _("Recently solved"),
        {"field": "solved_at", "op": "within_last_s", "value": 7 * DAY_S},
        "-solved_at",
    ),
    Shipped("everything", _("Everything"), {}),
)
BY_KEY: Mapping[str, Shipped] = {one.key: one for one in SHIPPED}
