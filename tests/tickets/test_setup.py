"""Statuses, contact reasons and tags: what conversations are described with."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from careline.core.models import Event, User
from careline.tickets import actions, queries
from careline.tickets.models import Category, Reason, Status, Tag, Ticket, TicketTag
from tests.make import MONDAY_9, make_admin, make_reason, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ida() -> User:
    return make_admin()


def test_each_category_has_one_status_that_is_taken_when_only_the_category_is_named() -> None:
    made = actions.make_default_statuses()
    assert set(made) == {str(one.value) for one in Category}
    again = actions.make_default_statuses()
    assert {one.pk for one in again.values()} == {one.pk for one in made.values()}
    assert queries.default_status("hold") == made["hold"]


def test_a_lost_default_is_found_again_among_the_statuses_of_the_category() -> None:
    escalated = make_status("open", "Escalated", position=0)
    Status.objects.filter(category="open").update(default=False)
    Status.objects.filter(category="open").exclude(pk=escalated.pk).delete()
    assert actions.make_default_statuses()["open"] == escalated


def test_a_status_is_added_renamed_and_put_in_its_place(ida: User) -> None:
    statuses = actions.make_default_statuses()
    parts = actions.add_status(name=" Waiting for parts ", category="hold", actor=ida, now=MONDAY_9)
    assert [one.name for one in queries.statuses()][-1] == "Waiting for parts"
    actions.rename_status(status=parts, name="Parts ordered", actor=ida, now=MONDAY_9)
    ids = [parts.pk, *(one.pk for one in statuses.values())]
    actions.order_statuses(ids=ids, actor=ida, now=MONDAY_9)
    assert [one.pk for one in queries.statuses()] == ids
    assert actions.order_statuses(ids=ids, actor=ida, now=MONDAY_9) is None
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["status.changed"] * 3


def test_two_statuses_cannot_share_a_name(ida: User) -> None:
    make_status("hold", "Parked", active=False)
    with pytest.raises(actions.StatusNameTaken):
        actions.add_status(name="parked", category="open", actor=ida, now=MONDAY_9)
    with pytest.raises(actions.StatusNameTaken):
        actions.rename_status(status=make_status("open"), name="PARKED", actor=ida, now=MONDAY_9)


def test_a_status_in_use_or_the_default_is_not_archived(ida: User) -> None:
    ticket, parked = make_ticket(), make_status("hold", "Parked")
    actions.set_status(ticket=ticket, status=parked, actor=ida, now=MONDAY_9)
    assert parked.pk in queries.statuses_in_use()
    with pytest.raises(actions.StatusInUse):
        actions.archive_status(status=parked, actor=ida, now=MONDAY_9)
    with pytest.raises(actions.StatusIsDefault):
        actions.archive_status(status=make_status("hold"), actor=ida, now=MONDAY_9)
    actions.set_status(ticket=ticket, status=make_status("hold"), actor=ida, now=MONDAY_9)
    assert actions.archive_status(status=parked, actor=ida, now=MONDAY_9)
    assert parked not in queries.statuses()
    assert parked in queries.statuses(archived=True)
    actions.restore_status(status=parked, actor=ida, now=MONDAY_9)
    assert parked in queries.statuses()


def test_another_status_becomes_the_default_of_its_category(ida: User) -> None:
    old, new = make_status("open"), make_status("open", "Ours")
    event = actions.make_default(status=new, actor=ida, now=MONDAY_9)
    assert event
    assert event.data == {"changed": {"default": {"old": old.pk, "new": new.pk}}}
    assert queries.default_status("open") == new
    assert actions.make_default(status=new, actor=ida, now=MONDAY_9) is None
    gone = make_status("open", "Gone", active=False)
    with pytest.raises(actions.StatusIsArchived):
        actions.make_default(status=gone, actor=ida, now=MONDAY_9)


def test_setup_needs_the_permission() -> None:
    eve, status, reason, tag = make_user("tickets.edit"), make_status("open"), make_reason(), make_tag("a")
    given: dict[str, Any] = {"actor": eve, "now": MONDAY_9}
    for change in (
        lambda: actions.add_status(name="x", category="open", **given),
        lambda: actions.rename_status(status=status, name="x", **given),
        lambda: actions.order_statuses(ids=[], **given),
        lambda: actions.make_default(status=status, **given),
        lambda: actions.archive_status(status=status, **given),
        lambda: actions.restore_status(status=status, **given),
        lambda: actions.add_reason(name="x", **given),
        lambda: actions.rename_reason(reason=reason, name="x", **given),
        lambda: actions.move_reason(reason=reason, parent=None, position=0, **given),
        lambda: actions.archive_reason(reason=reason, **given),
        lambda: actions.restore_reason(reason=reason, **given),
        lambda: actions.rename_tag(tag=tag, name="x", **given),
        lambda: actions.merge_tags(into=tag, others=[], **given),
        lambda: actions.archive_tag(tag=tag, **given),
        lambda: actions.restore_tag(tag=tag, **given),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert not Event.objects.exists()


# The tree of contact reasons


def make_tree() -> dict[str, Reason]:
    delivery = make_reason("Delivery")
    late = make_reason("Late", parent=delivery)
    customs = make_reason("Customs", parent=late)
    return {"delivery": delivery, "late": late, "customs": customs, "billing": make_reason("Billing")}


def paths() -> list[str]:
    return [one.path for one in queries.reasons()]


def test_renaming_a_branch_renames_the_path_of_everything_on_it(ida: User) -> None:
    tree = make_tree()
    event = actions.rename_reason(reason=tree["delivery"], name="Shipping", actor=ida, now=MONDAY_9)
    assert event
    assert event.data == {"changed": {"path": {"old": "Delivery", "new": "Shipping"}}}
    assert paths() == ["Billing", "Shipping", "Shipping / Late", "Shipping / Late / Customs"]
    same = actions.rename_reason(reason=tree["delivery"], name="Shipping", actor=ida, now=MONDAY_9)
    assert same is None


def test_a_branch_moves_with_everything_on_it_to_its_place(ida: User) -> None:
    tree = make_tree()
    make_reason("Refund", parent=tree["billing"], position=0)
    given: dict[str, Any] = {"actor": ida, "now": MONDAY_9}
    assert actions.move_reason(reason=tree["late"], parent=tree["billing"], position=0, **given)
    assert paths() == [
        "Billing",
        "Billing / Late",
        "Billing / Late / Customs",
        "Billing / Refund",
        "Delivery",
    ]
    assert actions.move_reason(reason=tree["late"], parent=tree["billing"], position=1, **given)
    assert paths()[1:3] == ["Billing / Refund", "Billing / Late"]
    assert actions.move_reason(reason=tree["late"], parent=tree["billing"], position=1, **given) is None
    assert actions.move_reason(reason=tree["customs"], parent=None, position=99, **given)
    assert paths()[-1] == "Customs"


def test_a_branch_cannot_hang_on_itself(ida: User) -> None:
    tree = make_tree()
    for below in ("delivery", "late", "customs"):
        with pytest.raises(actions.ReasonInsideItself):
            actions.move_reason(
                reason=tree["delivery"], parent=tree[below], position=0, actor=ida, now=MONDAY_9
            )


def test_one_branch_holds_a_name_once(ida: User) -> None:
    tree = make_tree()
    given: dict[str, Any] = {"actor": ida, "now": MONDAY_9}
    with pytest.raises(actions.ReasonNameTaken):
        actions.add_reason(name="late", parent=tree["delivery"], **given)
    with pytest.raises(actions.ReasonNameTaken):
        actions.rename_reason(reason=tree["billing"], name="DELIVERY", **given)
    actions.add_reason(name="Late", parent=tree["billing"], **given)
    with pytest.raises(actions.ReasonNameTaken):
        actions.move_reason(reason=tree["late"], parent=tree["billing"], position=0, **given)
    assert "Delivery / Late / Customs" in paths()


def test_names_and_paths_have_an_end(ida: User) -> None:
    given: dict[str, Any] = {"actor": ida, "now": MONDAY_9}
    with pytest.raises(actions.BadReasonName):
        actions.add_reason(name="  ", **given)
    with pytest.raises(actions.BadReasonName):
        actions.add_reason(name="x" * 81, **given)
    branch = None
    for _depth in range(4):
        branch = actions.add_reason(name="x" * 80, parent=branch, **given)
    with pytest.raises(actions.BadReasonName):
        actions.add_reason(name="x" * 80, parent=branch, **given)


def test_an_archived_branch_goes_whole_and_comes_back_with_what_it_hangs_on(ida: User) -> None:
    tree = make_tree()
    ticket = make_ticket(reason=tree["customs"])
    assert actions.archive_reason(reason=tree["delivery"], actor=ida, now=MONDAY_9)
    assert paths() == ["Billing"]
    assert Ticket.objects.get(pk=ticket.pk).reason == tree["customs"]
    assert actions.archive_reason(reason=tree["delivery"], actor=ida, now=MONDAY_9) is None
    actions.restore_reason(reason=tree["customs"], actor=ida, now=MONDAY_9)
    assert paths() == ["Billing", "Delivery", "Delivery / Late", "Delivery / Late / Customs"]


# Tags


def make_tag(name: str) -> Tag:
    return Tag.objects.create(name=name)


def test_a_tag_is_renamed_wherever_it_is(ida: User) -> None:
    ticket = make_ticket(tags=["sael"])
    tag = Tag.objects.get()
    actions.rename_tag(tag=tag, name="Sale ", actor=ida, now=MONDAY_9)
    assert [one.name for one in ticket.tags.all()] == ["sale"]
    assert actions.rename_tag(tag=tag, name="sale", actor=ida, now=MONDAY_9) is None
    with pytest.raises(actions.BadTag):
        actions.rename_tag(tag=tag, name="x" * 61, actor=ida, now=MONDAY_9)


def test_a_name_that_is_taken_names_the_tag_to_merge_with(ida: User) -> None:
    one, other = make_tag("sale"), make_tag("sales")
    with pytest.raises(actions.TagNameTaken) as refusal:
        actions.rename_tag(tag=one, name="sales", actor=ida, now=MONDAY_9)
    assert refusal.value.tag == other


def test_merging_leaves_one_tag_where_there_were_several(ida: User) -> None:
    make_ticket(tags=["sale", "sales"])
    make_ticket(tags=["sales", "discount"])
    make_ticket(tags=["vip"])
    sale, sales, discount = (Tag.objects.get(name=name) for name in ("sale", "sales", "discount"))
    event = actions.merge_tags(into=sale, others=[sales, discount, sale], actor=ida, now=MONDAY_9)
    assert event
    assert event.data == {"merged": [sales.pk, discount.pk], "moved": 1}
    assert [one.name for one in queries.tags()] == ["sale", "vip"]
    assert TicketTag.objects.filter(tag=sale).count() == 2
    assert queries.tag_uses()[sale.pk] == 2
    assert actions.merge_tags(into=sale, others=[sale], actor=ida, now=MONDAY_9) is None


def test_an_archived_tag_is_not_offered_and_comes_back_where_it_was(ida: User) -> None:
    ticket = make_ticket(tags=["sale"])
    tag = Tag.objects.get()
    assert actions.archive_tag(tag=tag, actor=ida, now=MONDAY_9)
    assert queries.tags() == queries.tags_like("s") == []
    assert actions.restore_tag(tag=tag, actor=ida, now=MONDAY_9)
    assert queries.tags_like("S") == [tag]
    assert list(ticket.tags.all()) == [tag]
