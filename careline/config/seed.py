"""The rows that every operation needs: roles, statuses, shared views, a calendar and a promise."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from careline.core.access import DEFAULT_ROLES
from careline.core.actions.roles import make_default_roles
from careline.core.models import Role
from careline.tickets import actions as tickets
from careline.tickets.models import Category, Status, View
from careline.tickets.shipped import SHIPPED


def ensure() -> None:
    """Make what is missing, at every start; what an operation has changed or removed stays so."""
    if Role.objects.filter(key__in=DEFAULT_ROLES).count() < len(DEFAULT_ROLES):
        make_default_roles()
    if Status.objects.filter(default=True).count() < len(Category):
        tickets.make_default_statuses()
    if View.objects.filter(key__in=[one.key for one in SHIPPED]).count() < len(SHIPPED):
        tickets.make_default_views()
    if find_spec("careline.sla.actions"):
        make = getattr(import_module("careline.sla.actions"), "ensure_defaults", None)
        if make is not None:
            make()
