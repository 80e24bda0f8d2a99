"""A day's work in a real browser: by keyboard, on a desk and on a phone, with mails that mean harm."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from careline.tickets import actions
from careline.tickets.models import Message, Ticket
from careline.tickets.said import NewMessage
from tests.real.browser import DESKTOP, PHONE, axe_violations
from tests.web.tickets.conftest import Desk

Visit = Callable[..., Page]
# Static files are served from the package; nothing is collected.
pytestmark = pytest.mark.filterwarnings("ignore:No directory at")

HOSTILE = """
<p id="words">Dear team</p>
<script>parent.document.title = "taken"; document.title = "taken"</script>
<img src="x" onerror="parent.document.title = 'taken'">
<img data-remote-src="http://tracker.example/pixel.gif" alt="pixel">
<a href="javascript:parent.document.title='taken'" id="link">press</a>
<svg onload="parent.document.title = 'taken'"></svg>
<style>body { background: url(http://tracker.example/style.gif) } @import "http://tracker.example/a.css";</style>
<link rel="stylesheet" href="http://tracker.example/b.css">
<iframe src="http://tracker.example/frame"></iframe>
<form action="http://tracker.example/form"><button id="send">send</button></form>
<meta http-equiv="refresh" content="0; url=http://tracker.example/away">
<base href="http://tracker.example/">
<object data="http://tracker.example/object"></object>
<video autoplay src="http://tracker.example/video"></video>
"""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_screen_breaks_wcag_or_its_width(
    visit: Visit, desk: Desk, theme: str, size: tuple[int, int]
) -> None:
    page = visit("/inbox/?view=everything", size, color_scheme=theme)
    for path in (
        "/inbox/?view=everything",
        "/inbox/?view=everything&priority=4&q=lamp",
        "/inbox/?view=breached",
        f"/tickets/{desk.tickets[0].pk}/?in=view%3Deverything",
        f"/tickets/{desk.tickets[0].pk}/history/",
        "/tickets/new/",
    ):
        page.goto(f"{desk.url}{path}")
        page.wait_for_load_state("load")
        assert axe_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_from_right_to_left_nothing_sticks_out(visit: Visit, desk: Desk, size: tuple[int, int]) -> None:
    page = visit("/inbox/?view=everything", size)
    for path in ("/inbox/?view=everything", f"/tickets/{desk.tickets[0].pk}/"):
        page.goto(f"{desk.url}{path}")
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_open_dialogs_and_menus_have_no_barriers(visit: Visit) -> None:
    page = visit("/inbox/?view=everything&priority=4")
    page.keyboard.press("f")
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_placeholder("Find somebody")).to_be_focused()
    assert axe_violations(page) == []


def test_the_next_one_is_answered_and_solved_in_three_keystrokes(visit: Visit, desk: Desk) -> None:
    page = visit("/inbox/?view=my-open&sort=changed_at")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lamp 0")
    # Read. Then: r, the words, Ctrl+Shift+Enter.
    page.keyboard.press("r")
    expect(page.get_by_label("Your words")).to_be_focused()
    page.keyboard.type("A new lamp is on its way.")
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator(".toast")).to_contain_text("On its way. Status: Solved.")
    expect(page.locator("#talk")).to_contain_text("A new lamp is on its way.")
    expect(page.locator("#ticket-bar .pill").first).to_have_text(re.compile("Solved"))
    expect(page.get_by_label("Your words")).to_have_value("")
    ticket = Ticket.objects.get(pk=desk.tickets[0].pk)
    assert ticket.category == "solved"
    # And on to the next.
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lamp 1")


def test_ctrl_enter_sends_and_i_writes_a_note(visit: Visit, desk: Desk) -> None:
    page = visit(f"/tickets/{desk.tickets[1].pk}/")
    page.keyboard.press("i")
    page.keyboard.type("Ask the shop.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message[data-kind=note]")).to_contain_text("Ask the shop.")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    page.keyboard.type("Hello Ada.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".message[data-kind=out]")).to_contain_text("Hello Ada.")
    kinds = list(Message.objects.filter(ticket=desk.tickets[1]).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["in", "note", "out"]


def test_a_draft_is_there_again_and_goes_with_the_sending(visit: Visit, desk: Desk) -> None:
    page = visit(f"/tickets/{desk.tickets[1].pk}/")
    page.get_by_label("Your words").fill("Half a sentence")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.get_by_label("Your words")).to_have_value("Half a sentence")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#talk")).to_contain_text("Half a sentence")
    page.reload()
    expect(page.get_by_label("Your words")).to_have_value("")


def test_something_newer_is_read_before_one_sends(visit: Visit, desk: Desk) -> None:
    page = visit(f"/tickets/{desk.tickets[1].pk}/")
    page.get_by_label("Your words").fill("Send it back.")
    newer = NewMessage(text="Wait, it shines again.")
    actions.receive_message(ticket=desk.tickets[1], message=newer, now=timezone.now())
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Wait, it shines again.")
    expect(page.get_by_label("Your words")).to_have_value("Send it back.")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Send anyway").click()
    expect(page.locator(".message[data-kind=out]")).to_contain_text("Send it back.")


def test_properties_are_saved_as_they_are_chosen_and_taken_back(visit: Visit, desk: Desk) -> None:
    page = visit(f"/tickets/{desk.tickets[2].pk}/")
    page.get_by_label("Status", exact=True).select_option("On hold")
    expect(page.locator(".toast")).to_contain_text("Status: On hold.")
    expect(page.locator("#ticket-bar .pill").first).to_have_text(re.compile("On hold"))
    page.locator(".toast-undo").click()
    expect(page.locator("#ticket-bar .pill").first).to_have_text(re.compile("New"))
    expect(page.get_by_label("Status", exact=True)).to_have_value(str(desk.tickets[2].status_id))
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("a")
    page.keyboard.type("cleo")
    page.keyboard.press("Enter")
    expect(page.locator("#talk")).to_contain_text("Cleo Marin")
    tags = page.get_by_role("combobox", name="Tags")
    tags.fill("brand new")
    tags.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Tagged: brand new.")
    assert [tag.name for tag in desk.tickets[2].tags.all()] == ["brand new"]


def test_the_subject_is_changed_in_place(visit: Visit, desk: Desk) -> None:
    page = visit(f"/tickets/{desk.tickets[2].pk}/")
    page.keyboard.press("e")
    page.get_by_role("textbox", name="Subject").fill("Lamp hums")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lamp hums")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_list_is_worked_off_by_keyboard(visit: Visit, desk: Desk) -> None:
    page = visit("/inbox/?view=my-open&sort=opened_at")
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".toast")).to_contain_text("1 conversation changed.")
    # One goes on where one was.
    expect(page.locator("tr.current")).to_contain_text("Lamp 1")
    page.locator(".toast-undo").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tr.current")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_placeholder("Find somebody")).to_be_focused()
    page.keyboard.type("cleo")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_several_are_selected_on_a_phone(visit: Visit) -> None:
    page = visit("/inbox/?view=my-open", PHONE, has_touch=True)
    boxes = page.locator("[data-select-row]")
    expect(boxes.first).to_be_hidden()
    page.get_by_role("button", name="Columns and export").click()
    page.get_by_role("button", name="Select several").click()
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.locator("[data-select-count]")).to_have_text("2 selected")
    assert axe_violations(page) == []
    page.get_by_role("button", name="Solve").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_columns_are_chosen_and_stay_chosen(visit: Visit) -> None:
    page = visit("/inbox/?view=everything")
    expect(page.locator("th.c-team")).to_be_hidden()
    page.get_by_role("button", name="Columns and export").click()
    page.get_by_role("checkbox", name="Customer").uncheck()
    expect(page.locator("th.c-customer")).to_be_hidden()
    page.reload()
    expect(page.locator("th.c-customer")).to_be_hidden()


def test_why_explains_a_due_time_in_the_list(visit: Visit) -> None:
    page = visit("/inbox/?view=my-open")
    page.locator("tbody tr").first.hover()
    page.locator("tbody tr .why").first.click()
    expect(page.locator("#why-due")).to_contain_text("The policy “Everybody” promises it within")


def test_a_mail_that_means_harm_runs_nothing_and_loads_nothing(visit: Visit, desk: Desk) -> None:
    ticket = desk.tickets[2]
    # As if the cleaning on the way in had failed altogether: the frame alone must hold.
    said = NewMessage(text="Dear team", html=HOSTILE)
    actions.receive_message(ticket=ticket, message=said, now=timezone.now())
    asked: list[str] = []

    def answer(route: Route) -> None:
        # Only what the policy lets through comes here.
        asked.append(route.request.url)
        route.fulfill(status=200, body="")

    page = visit("/inbox/?view=everything")
    page.context.route(re.compile("tracker"), answer)
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    page.goto(f"{desk.url}/tickets/{ticket.pk}/")
    frame = page.frame_locator("iframe[data-mail]")
    expect(frame.locator("#words")).to_have_text("Dear team")
    frame.locator("#link").click()
    frame.locator("#send").click()
    page.wait_for_timeout(500)
    assert "taken" not in page.title()
    assert asked == []
    assert page.url == f"{desk.url}/tickets/{ticket.pk}/"
    page.get_by_role("link", name="Show images").click()
    page.wait_for_timeout(500)
    assert set(asked) == {"http://tracker.example/pixel.gif", "http://tracker.example/style.gif"}
    assert "taken" not in page.title()


def test_the_command_bar_finds_and_does(visit: Visit, desk: Desk) -> None:
    page = visit(f"/tickets/{desk.tickets[2].pk}/")
    page.keyboard.press("Control+k")
    page.keyboard.type("solve")
    page.keyboard.press("Enter")
    expect(page.locator("#ticket-bar .pill").first).to_have_text(re.compile("Solved"))
    page.keyboard.press("Control+k")
    page.keyboard.type(f"#{desk.tickets[0].pk}")
    expect(page.locator("#command [aria-selected=true]")).to_contain_text("Lamp 0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lamp 0")
