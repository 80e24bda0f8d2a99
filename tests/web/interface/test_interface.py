"""The component gallery in a real browser: by keyboard, in both themes, on a desk and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Page, expect

from careline.core.actions.roles import make_default_roles
from tests.real.browser import DESKTOP, PHONE, axe_violations

Open = Callable[..., Page]

# Static files are served from the package; nothing is collected.
pytestmark = pytest.mark.filterwarnings("ignore:No directory at")


@pytest.fixture
def signed_in(transactional_db: None) -> Client:
    user = get_user_model().objects.create_user("ida@careline.example", name="Ida Admin")
    user.roles.set([role for role in make_default_roles().values() if "setup.see" in role.grants])
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def open_gallery(live_server: Any, signed_in: Client, new_page: Open) -> Open:
    def open_it(size: tuple[int, int] = DESKTOP, **options: Any) -> Page:
        page = new_page(size, reduced_motion="reduce", **options)
        cookie = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
        )
        page.goto(f"{live_server.url}/setup/interface/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Interface")
        return page

    return open_it


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_component_breaks_wcag_in_either_theme(
    open_gallery: Open, theme: str, size: tuple[int, int]
) -> None:
    page = open_gallery(size, color_scheme=theme)

    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_chosen_theme_is_there_from_the_first_paint(open_gallery: Open) -> None:
    page = open_gallery()
    page.get_by_role("button", name="Dark", exact=True).first.click()

    answer = page.request.get(page.url)

    assert 'data-theme="dark"' in answer.text()


def test_ctrl_k_opens_the_command_bar_and_escape_gives_the_focus_back(open_gallery: Open) -> None:
    page = open_gallery()
    button = page.get_by_role("button", name="Open a dialog")
    button.focus()

    page.keyboard.press("Control+k")
    expect(page.locator("#command input")).to_be_focused()
    page.keyboard.press("Escape")

    expect(button).to_be_focused()


def test_the_keys_dialog_lists_what_the_page_declares(open_gallery: Open) -> None:
    page = open_gallery()

    page.keyboard.press("?")

    expect(page.locator("#keys")).to_contain_text("Filter")


def test_single_keys_rest_while_one_types(open_gallery: Open) -> None:
    page = open_gallery()
    page.locator("#id_name").fill("")

    page.locator("#id_name").press_sequentially("fx?")

    expect(page.locator("#id_name")).to_have_value("fx?")
    expect(page.locator("#keys")).to_be_hidden()


def test_choosing_rows_shows_what_can_be_done_with_them(open_gallery: Open) -> None:
    page = open_gallery()

    page.get_by_role("checkbox", name="Select all").check()
    expect(page.locator("[data-select-count]")).to_have_text("3 selected")
    page.get_by_role("button", name="Select all, also on other pages").click()

    expect(page.locator("[data-select-count]")).to_have_text("57 selected")


def test_a_word_can_be_added_to_a_combobox_by_the_keyboard_alone(open_gallery: Open) -> None:
    page = open_gallery()
    field = page.get_by_role("combobox", name="Tags")

    field.press_sequentially("urgent-case")
    field.press("Enter")

    assert page.locator("#combo-many").evaluate("s => [...s.selectedOptions].map(o => o.value)") == [
        "refund",
        "urgent-case",
    ]


def test_the_page_breaks_no_rule_of_its_own_content_policy(open_gallery: Open) -> None:
    page = open_gallery()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.reload()
    page.keyboard.press("Control+k")

    assert [line for line in said if "Content Security Policy" in line] == []
