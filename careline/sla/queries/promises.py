"""The calendars and policies there are."""

from __future__ import annotations

from django.db.models import Count, Q

from careline.sla.models import Calendar, Policy, PolicyVersion


def default_calendar() -> Calendar | None:
    """Return the usual opening hours; the only ones where none are marked as such."""
    return Calendar.objects.order_by("-default", "id").first()


def calendars() -> list[Calendar]:
    """Return all calendars, the usual one first, with how many active policies count by each."""
    used = Count("policies", filter=Q(policies__active=True))
    return list(Calendar.objects.annotate(used=used).order_by("-default", "name"))


def calendar(pk: int) -> Calendar | None:
    """Return one calendar."""
    return Calendar.objects.filter(pk=pk).first()


def policies(*, archived: bool = False) -> list[Policy]:
    """Return the policies in the order in which they are tried, or those that are archived."""
    rows = Policy.objects.select_related("calendar").filter(active=not archived)
    return list(rows.order_by("position", "id"))


def policy(pk: int) -> Policy | None:
    """Return one policy."""
    return Policy.objects.select_related("calendar").filter(pk=pk).first()


def version_history(policy: Policy) -> list[PolicyVersion]:
    """Return what a policy said, newest first."""
    return list(policy.versions.order_by("-version"))
