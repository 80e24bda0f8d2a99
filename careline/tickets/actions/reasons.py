"""What can happen to the tree of contact reasons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from careline.core import access, events
from careline.core.models import Event, User
from careline.tickets.models import Reason

BETWEEN = " / "
LONGEST_NAME, LONGEST_PATH = 80, 400


class ReasonNameTaken(Exception):
    """The branch holds a reason of that name already, perhaps an archived one."""


class BadReasonName(Exception):
    """A reason has one to eighty characters, and its whole path at most four hundred."""


class ReasonInsideItself(Exception):
    """A reason cannot be moved below itself."""


@transaction.atomic
def add_reason(*, name: str, parent: Reason | None = None, actor: User, now: datetime) -> Reason:
    """Add a reason at the end of its branch.

    Raises
    ------
    BadReasonName
        No name, or a very long one.
    ReasonNameTaken
        The branch holds that name already.
    """
    tree = _Tree(actor)
    parent = tree.fresh(parent)
    reason = Reason(parent=parent, name=_plain(name), position=len(tree.children(parent)))
    reason.path = _path(parent, reason.name)
    tree.refuse_taken(reason)
    reason.save()
    _tell(reason, actor, now, added={"path": reason.path})
    return reason


@transaction.atomic
def rename_reason(*, reason: Reason, name: str, actor: User, now: datetime) -> Event | None:
    """Call a reason something else; the paths of all below it follow.

    Raises
    ------
    BadReasonName
        No name, or a very long one.
    ReasonNameTaken
        The branch holds that name already.
    """
    tree = _Tree(actor)
    reason.refresh_from_db()
    old, reason.name = reason.path, _plain(name)
    if not tree.replant(reason):
        return None
    return _tell(reason, actor, now, changed={"path": {"old": old, "new": reason.path}})


@transaction.atomic
def move_reason(
    *, reason: Reason, parent: Reason | None, position: int, actor: User, now: datetime
) -> Event | None:
    """Put a reason with all below it under another one, or to the top (None), as the child of that number.

    Raises
    ------
    ReasonInsideItself
        The new place lies below the reason itself.
    ReasonNameTaken
        The branch holds that name already.
    BadReasonName
        The paths would become too long.
    """
    tree = _Tree(actor)
    reason.refresh_from_db()
    parent = tree.fresh(parent)
    if parent and parent.pk in {reason.pk, *(one.pk for one in tree.below(reason))}:
        raise ReasonInsideItself(reason.path)
    before = _place(reason)
    others = [one for one in tree.children(parent) if one.pk != reason.pk]
    others.insert(min(max(position, 0), len(others)), reason)
    reason.parent = parent
    tree.replant(reason)
    for number, one in enumerate(others):
        one.position = number
    Reason.objects.bulk_update(others, ["position", "parent"])
    if before == _place(reason):
        return None
    changed = {key: {"old": before[key], "new": value} for key, value in _place(reason).items()}
    return _tell(reason, actor, now, changed=changed)


@transaction.atomic
def archive_reason(*, reason: Reason, actor: User, now: datetime) -> Event | None:
    """Offer a reason and all below it no longer; conversations that name them keep them."""
    tree = _Tree(actor)
    return _set_active(reason, [reason, *tree.below(reason)], False, actor, now)


@transaction.atomic
def restore_reason(*, reason: Reason, actor: User, now: datetime) -> Event | None:
    """Offer a reason again, with all below it and the branch it sits on."""
    tree = _Tree(actor)
    return _set_active(reason, [*tree.above(reason), reason, *tree.below(reason)], True, actor, now)


def _set_active(reason: Reason, rows: list[Reason], active: bool, actor: User, now: datetime) -> Event | None:
    turned = list(
        Reason.objects.filter(pk__in=[one.pk for one in rows], active=not active).values_list("pk", flat=True)
    )
    Reason.objects.filter(pk__in=turned).update(active=active)
    reason.active = active
    if not turned:
        return None
    return _tell(reason, actor, now, changed={"active": {"old": not active, "new": active}}, reasons=turned)


class _Tree:
    """All reasons, locked: whoever changes the tree has it to themselves."""

    def __init__(self, actor: User) -> None:
        access.require(actor, "setup.fields")
        self.rows = {one.pk: one for one in Reason.objects.select_for_update().order_by("position", "pk")}

    def fresh(self, reason: Reason | None) -> Reason | None:
        return self.rows[reason.pk] if reason else None

    def children(self, parent: Reason | None) -> list[Reason]:
        return [one for one in self.rows.values() if one.parent_id == (parent.pk if parent else None)]

    def below(self, reason: Reason) -> list[Reason]:
        out: list[Reason] = []
        for child in self.children(reason):
            out += [child, *self.below(child)]
        return out

    def above(self, reason: Reason) -> list[Reason]:
        out: list[Reason] = []
        while reason.parent_id is not None:
            reason = self.rows[reason.parent_id]
            out.append(reason)
        return out

    def refuse_taken(self, reason: Reason) -> None:
        taken = {one.path.lower() for one in self.rows.values() if one.pk != reason.pk}
        if reason.path.lower() in taken:
            raise ReasonNameTaken(reason.path)

    def replant(self, reason: Reason) -> bool:
        """Write the path of a renamed or moved reason and of all below it; say whether anything changed."""
        old, below = self.rows[reason.pk].path, self.below(reason)
        reason.path = _path(self.fresh(reason.parent), reason.name)
        if reason.path == old:
            return False
        self.refuse_taken(reason)
        for one in below:
            one.path = _fitting(reason.path + one.path[len(old) :])
        # Two steps, so that no path of the subtree meets one that has not moved yet.
        reason.save(update_fields=["name", "path", "parent"])
        Reason.objects.bulk_update(below, ["path"])
        return True


def _path(parent: Reason | None, name: str) -> str:
    return _fitting(f"{parent.path}{BETWEEN}{name}" if parent else name)


def _fitting(path: str) -> str:
    if len(path) > LONGEST_PATH:
        raise BadReasonName(path)
    return path


def _plain(name: str) -> str:
    word = " ".join(name.split())
    if not 0 < len(word) <= LONGEST_NAME:
        raise BadReasonName(name)
    return word


def _place(reason: Reason) -> dict[str, Any]:
    return {"path": reason.path, "parent": reason.parent_id, "position": reason.position}


def _tell(reason: Reason, actor: User, now: datetime, **data: Any) -> Event:
    return events.record("reason.changed", subject=("reason", reason.pk), actor=actor, at=now, **data)
