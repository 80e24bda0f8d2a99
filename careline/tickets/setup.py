"""Reads of what conversations are described with: statuses, contact reasons, tags, brands."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, QuerySet

from careline.core.models import Brand
from careline.tickets.models import Category, Reason, Status, Tag, Ticket, TicketTag


def statuses(*, archived: bool = False) -> list[Status]:
    """Return the statuses in their order."""
    return list(Status.objects.all() if archived else Status.objects.filter(active=True))


def status(pk: int) -> Status | None:
    """Return one status, or None."""
    return Status.objects.filter(pk=pk).first()


def default_status(category: str) -> Status:
    """Return the status that is taken when only the category is named.

    Raises
    ------
    Status.DoesNotExist
        The operation has not begun.
    """
    return Status.objects.get(category=category, default=True)


def statuses_in_use() -> set[int]:
    """Return the ids of the statuses that conversations stand in, not counting closed ones."""
    standing = Ticket.objects.filter(status=OuterRef("pk")).exclude(category=Category.CLOSED)
    return set(Status.objects.filter(Exists(standing)).values_list("pk", flat=True))


def reasons(*, archived: bool = False) -> list[Reason]:
    """Return the contact reasons as a tree read from top to bottom: each branch before its leaves."""
    rows = Reason.objects.all() if archived else Reason.objects.filter(active=True)
    return in_tree_order(list(rows))


def in_tree_order(rows: list[Reason]) -> list[Reason]:
    """Sort reasons so that each is followed by its children, in their chosen positions."""
    known = {reason.pk for reason in rows}
    children: dict[int | None, list[Reason]] = {}
    for reason in sorted(rows, key=lambda one: (one.position, one.name.lower(), one.pk)):
        parent = reason.parent_id if reason.parent_id in known else None
        children.setdefault(parent, []).append(reason)
    out: list[Reason] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        out.append(waiting.pop())
        waiting.extend(reversed(children.get(out[-1].pk, [])))
    return out


def reason(pk: int) -> Reason | None:
    """Return one contact reason, or None."""
    return Reason.objects.filter(pk=pk).first()


def reason_uses() -> dict[int, int]:
    """Return how many conversations name each contact reason."""
    rows = Ticket.objects.exclude(reason=None).order_by().values_list("reason")
    return dict(rows.annotate(uses=Count("pk")))


def tags(*, archived: bool = False) -> list[Tag]:
    """Return the tags by name."""
    return list(Tag.objects.all() if archived else Tag.objects.filter(active=True))


def tag(pk: int) -> Tag | None:
    """Return one tag, or None."""
    return Tag.objects.filter(pk=pk).first()


def tag_uses() -> dict[int, int]:
    """Return how many conversations carry each tag."""
    return dict(TicketTag.objects.order_by().values_list("tag").annotate(uses=Count("pk")))


def tags_like(start: str, *, most: int = 10) -> list[Tag]:
    """Return the tags whose name begins so, for completion."""
    rows: QuerySet[Tag] = Tag.objects.filter(active=True, name__startswith=start.lower().strip())
    return list(rows[:most])


def brand_choices() -> list[tuple[int, str]]:
    """Return (id, name) of the brands, for forms."""
    return list(Brand.objects.order_by("name").values_list("pk", "name"))
