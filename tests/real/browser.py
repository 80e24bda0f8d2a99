"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.real import needs

DESKTOP = (1280, 800)
PHONE = (390, 844)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=15_000)  # a bound for a busy machine; what is there is seen at once
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give a running browser to the tests of one module.

    Not to the whole session: Playwright keeps an event loop running in its thread, in which neither
    asyncio tests nor Django's database could work. The module's own Django calls are let through.
    """
    path = needs.command("chromium", "chromium-browser", "google-chrome", package="chromium")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def viewport() -> tuple[int, int]:
    """Return the window size; parametrize it to see a page on a phone."""
    return DESKTOP


@pytest.fixture
def new_page(chromium: Browser, viewport: tuple[int, int]) -> Iterator[Callable[..., Page]]:
    """Give a function that opens a page for one more person, with cookies of their own."""
    contexts = []

    def open_page(size: tuple[int, int] = viewport, **options: object) -> Page:
        width, height = size
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Give one page in a fresh browser profile."""
    return new_page()


def axe_violations(page: Page) -> list[str]:
    """Return what the WCAG 2.2 AA rules of axe find wrong on a page, one line a rule."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())  # evaluated, because the content policy forbids script tags
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    result = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [
        f"{rule['id']}: {rule['help']} ({', '.join(str(node['target']) for node in rule['nodes'][:3])})"
        for rule in result["violations"]
    ]
