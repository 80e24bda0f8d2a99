"""Customers in a real browser: found, made, changed, given back, without barriers on any screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.real.browser import DESKTOP, PHONE, axe_violations
from tests.real.careline import Careline, installation, running

PASSWORD = "lumen-hafen-demo"


@pytest.fixture(scope="module")
def demo() -> Iterator[Careline]:
    """Careline with an invented shop and its customers."""
    with installation() as careline:
        careline.run("demo", "--tickets", "60")
        with running(careline):
            yield careline


def sign_in(page: Page, careline: Careline, who: str = "cleo") -> None:
    page.goto(f"{careline.url}/accounts/login/")
    page.get_by_label("Email").fill(f"{who}@lumenhafen.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".brand-name")).to_be_attached()


def no_barriers(page: Page) -> None:
    assert axe_violations(page) == []


def row_of(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.locator("#customers").get_by_role("link", name=name)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_customer_screen_is_without_barriers(
    size: tuple[int, int], theme: str, demo: Careline, new_page: Callable[..., Page]
) -> None:
    page = new_page(size, color_scheme=theme)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security" in said.text else None)
    sign_in(page, demo)
    page.goto(f"{demo.url}/customers/")
    no_barriers(page)
    page.get_by_role("link", name="New person").click()
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_text("Give a name, a mail address or a phone number.")).to_be_visible()
    no_barriers(page)
    page.goto(f"{demo.url}/customers/?q=nobody-is-called-so")
    no_barriers(page)
    page.goto(f"{demo.url}/customers/?q=ada+marlow")
    row_of(page, "Ada Marlow").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Marlow")
    no_barriers(page)
    page.get_by_role("link", name="Change", exact=True).click()
    expect(page.get_by_label("Notes")).to_be_visible()
    no_barriers(page)
    page.goto(f"{demo.url}/customers/organisations/")
    no_barriers(page)
    page.locator("#customers .row-link").first.click()
    expect(page.get_by_role("heading", name="Mail domains")).to_be_visible()
    no_barriers(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert refused == []


def test_the_list_narrows_while_one_types_and_keeps_its_address(demo: Careline, page: Page) -> None:
    sign_in(page, demo)
    page.goto(f"{demo.url}/customers/")
    page.get_by_role("searchbox").press_sequentially("ada marl")
    expect(page.locator("#customers tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=ada\+marl"))
    page.reload()
    expect(page.locator("#customers tbody tr")).to_have_count(1)


def test_somebody_is_added_and_changed_and_an_address_given_back(demo: Careline, page: Page) -> None:
    sign_in(page, demo)
    page.goto(f"{demo.url}/customers/")
    page.keyboard.press("n")
    page.get_by_label("Name (optional)").fill("Greta Lund")
    page.get_by_label("Mail address").fill("greta@fresh.example")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Greta Lund")
    page.keyboard.press("e")
    page.get_by_label("Notes").fill("Writes at night")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".customer-notes")).to_have_text("Writes at night")
    expect(page.locator(".timeline")).to_contain_text("changed the notes")

    page.get_by_label("Mail address or phone number").fill("greta@")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#addresses .errorlist")).to_contain_text("not a mail address")
    page.get_by_label("Mail address or phone number").fill("+44 113 496 0999")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#addresses")).to_contain_text("+44 113 496 0999")

    page.get_by_role("button", name="What to do with greta@fresh.example").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#addresses")).not_to_contain_text("greta@fresh.example")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#addresses")).to_contain_text("greta@fresh.example")


def test_a_long_history_goes_on_in_place(demo: Careline, page: Page) -> None:
    sign_in(page, demo)
    page.goto(f"{demo.url}/customers/?q=ada+marlow")
    row_of(page, "Ada Marlow").click()
    person = page.url
    for number in range(21):
        page.goto(f"{person}edit/")
        page.get_by_label("Notes").fill(f"Note {number}")
        page.get_by_role("button", name="Save").click()
        expect(page).to_have_url(person)
    expect(page.locator(".timeline > li:not(.more)")).to_have_count(20)
    page.get_by_role("link", name="Show older").click()
    expect(page.locator(".timeline > li:not(.more)").nth(20)).to_be_visible()
    expect(page.get_by_text("changed the notes")).to_have_count(21)


def test_it_works_without_script(demo: Careline, new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, demo)
    page.goto(f"{demo.url}/customers/")
    page.get_by_role("link", name="New person").click()
    page.get_by_label("Name (optional)").fill("Hanna Quiet")
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hanna Quiet")
    page.get_by_role("link", name="Change", exact=True).click()
    page.get_by_label("Notes").fill("No script")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".customer-notes")).to_have_text("No script")
