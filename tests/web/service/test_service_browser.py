"""Hours and service levels in a real browser: built by hand, without barriers, in both themes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.real.browser import DESKTOP, PHONE, axe_violations
from tests.real.careline import Careline, installation, running

PASSWORD = "lumen-hafen-demo"


@pytest.fixture(scope="module")
def demo() -> Iterator[Careline]:
    """The invented shop, small."""
    with installation() as careline:
        careline.run("demo", "--tickets", "60")
        with running(careline) as started:
            yield started


def sign_in(page: Page, careline: Careline) -> None:
    page.goto(f"{careline.url}/accounts/login/")
    page.get_by_label("Email").fill("mara@lumenhafen.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".brand-name")).to_be_attached()


def without_barriers(page: Page) -> None:
    assert axe_violations(page) == []
    wider = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0, f"the page is {wider} px wider than the window"


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_have_no_barriers(
    size: tuple[int, int], theme: str, demo: Careline, new_page: Callable[..., Page]
) -> None:
    page = new_page(size, color_scheme=theme)
    sign_in(page, demo)
    for path in ("", "hours/", "policies/new/", "hours/new/", "apply/"):
        page.goto(f"{demo.url}/setup/service/{path}")
        without_barriers(page)
    page.goto(f"{demo.url}/setup/service/")
    page.get_by_role("link", name="All customers").click()
    without_barriers(page)
    page.goto(f"{demo.url}/setup/service/hours/")
    page.get_by_role("link", name="Seven days").click()
    without_barriers(page)


def test_a_policy_is_built_previewed_saved_moved_and_moved_back(demo: Careline, page: Page) -> None:
    refused: list[str] = []
    page.on(
        "console",
        lambda message: refused.append(message.text) if "Content Security" in message.text else None,
    )
    sign_in(page, demo)
    page.goto(f"{demo.url}/setup/service/")
    page.get_by_role("link", name="New policy").click()
    page.get_by_label("Name", exact=True).fill("Urgent")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("What to look at").select_option(label="Priority")
    page.get_by_label("How to compare").select_option(label="is at least")
    expect(page.locator("option[value='at_least'][selected]")).to_be_attached()  # drawn anew
    page.get_by_label("Value", exact=True).select_option(label="High")
    expect(page.locator("#condition-count")).to_contain_text("Matches")
    page.get_by_role("button", name="Make the policy").click()
    expect(page.locator(".form-errors")).to_contain_text("Promise at least one time")
    page.get_by_label("First reply: Urgent").fill("1 h")
    page.get_by_role("button", name="See what it would do").click()
    expect(page.locator("#effect")).to_contain_text("open conversations")
    page.get_by_role("button", name="Make the policy").click()
    rows = page.locator(".policy h2")
    expect(rows).to_have_text(["Urgent", "All customers"])
    expect(page.locator(".policy").first).to_contain_text("Priority is at least High")
    page.get_by_role("button", name="Move Urgent down").click()
    expect(rows).to_have_text(["All customers", "Urgent"])
    expect(page.locator(".policy").nth(1)).to_contain_text("Never reached")
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_text(["Urgent", "All customers"])
    assert refused == []


def test_hours_are_drawn_while_one_types_and_holidays_follow_the_country(demo: Careline, page: Page) -> None:
    sign_in(page, demo)
    page.goto(f"{demo.url}/setup/service/hours/new/")
    page.get_by_label("Name", exact=True).fill("Porto")
    bars = page.locator(".week-strip rect.open")
    page.get_by_role("textbox", name="Monday").fill("8-12, 13-17")
    page.get_by_role("textbox", name="Monday").press("Tab")
    expect(bars).to_have_count(6)
    country = page.get_by_role("combobox", name="Closed on the public holidays of")
    country.fill("Portu")
    country.press("Enter")
    expect(page.locator("#holidays")).to_contain_text("Freedom Day")
    page.get_by_label("Freedom Day").uncheck()
    page.get_by_role("textbox", name="Tuesday").fill("9-13, 12-17")
    page.get_by_role("button", name="Make the opening hours").click()
    expect(page.locator(".errorlist")).to_contain_text("09:00-13:00 and 12:00-17:00 overlap")
    expect(page.get_by_label("Freedom Day")).not_to_be_checked()
    page.get_by_role("textbox", name="Tuesday").fill("9-17")
    page.get_by_role("button", name="Make the opening hours").click()
    expect(page.locator(".calendars")).to_contain_text("holidays of Portugal")


def test_policies_are_built_without_script_too(demo: Careline, new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, demo)
    page.goto(f"{demo.url}/setup/service/policies/new/")
    page.get_by_label("Name", exact=True).fill("By hand")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("What to look at").select_option(label="VIP")
    page.get_by_role("button", name="Show what fits").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("By hand")
    page.get_by_label("First reply: Normal").fill("2 h")
    page.get_by_role("button", name="Make the policy").click()
    expect(page.locator(".policies")).to_contain_text("VIP is yes")
