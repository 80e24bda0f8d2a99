"""What can happen to the tags themselves, as opposed to one tag on one conversation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from careline.core import access, events
from careline.core.models import Event, User
from careline.tickets.actions.state import LONGEST_TAG, BadTag, plain_tag
from careline.tickets.models import Tag, TicketTag


class TagNameTaken(Exception):
    """Another tag is called that; merge the two instead. `tag` is the other one."""

    def __init__(self, tag: Tag) -> None:
        super().__init__(tag.name)
        self.tag = tag


@transaction.atomic
def rename_tag(*, tag: Tag, name: str, actor: User, now: datetime) -> Event | None:
    """Call a tag something else wherever it is.

    Raises
    ------
    BadTag
        The name is empty or too long.
    TagNameTaken
        Another tag is called that.
    """
    access.require(actor, "setup.fields")
    word = plain_tag(name)
    if not 0 < len(word) <= LONGEST_TAG:
        raise BadTag(name)
    tag.refresh_from_db(from_queryset=Tag.objects.select_for_update())
    other = Tag.objects.filter(name=word).exclude(pk=tag.pk).first()
    if other:
        raise TagNameTaken(other)
    if tag.name == word:
        return None
    old, tag.name = tag.name, word
    tag.save(update_fields=["name"])
    return _tell(tag, actor, now, changed={"name": {"old": old, "new": word}})


@transaction.atomic
def merge_tags(*, into: Tag, others: Iterable[Tag], actor: User, now: datetime) -> Event | None:
    """Let one tag take the place of others; conversations that carried those carry it."""
    access.require(actor, "setup.fields")
    gone = sorted({tag.pk for tag in others} - {into.pk})
    if not gone:
        return None
    list(Tag.objects.select_for_update().filter(pk__in=[into.pk, *gone]).order_by("pk"))
    carried = TicketTag.objects.filter(tag_id__in=gone)
    has_it = TicketTag.objects.filter(tag=into).values("ticket")
    new = carried.exclude(ticket__in=has_it).order_by().values_list("ticket_id", flat=True).distinct()
    rows = [TicketTag(ticket_id=ticket_id, tag=into) for ticket_id in new]
    TicketTag.objects.bulk_create(rows, batch_size=1_000)
    carried.delete()
    Tag.objects.filter(pk__in=gone).update(active=False)
    return _tell(into, actor, now, merged=gone, moved=len(rows))


@transaction.atomic
def archive_tag(*, tag: Tag, actor: User, now: datetime) -> Event | None:
    """Take a tag out of use; it can be restored onto what carried it until the word is used anew."""
    return _set_active(tag, False, actor, now)


@transaction.atomic
def restore_tag(*, tag: Tag, actor: User, now: datetime) -> Event | None:
    """Bring a tag back, onto everything that carried it."""
    return _set_active(tag, True, actor, now)


def _set_active(tag: Tag, active: bool, actor: User, now: datetime) -> Event | None:
    access.require(actor, "setup.fields")
    tag.refresh_from_db(from_queryset=Tag.objects.select_for_update())
    if tag.active == active:
        return None
    tag.active = active
    tag.save(update_fields=["active"])
    return _tell(tag, actor, now, changed={"active": {"old": not active, "new": active}})


def _tell(tag: Tag, actor: User, now: datetime, **data: Any) -> Event:
    return events.record("tag.changed", subject=("tag", tag.pk), actor=actor, at=now, **data)
