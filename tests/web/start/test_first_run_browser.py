"""The first run in a real browser: from nothing to a desk whose administrator signs in with a passkey."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.real.browser import axe_violations
from tests.real.careline import Careline

PASSWORD = "walnut carriage seven"


def no_barriers(page: Page) -> None:
    assert axe_violations(page) == []


def go_on(page: Page, step: str) -> None:
    expect(page).to_have_url(re.compile(f"/start/desk/{step}/$"))
    no_barriers(page)


def test_a_desk_is_set_up_without_barriers(careline_server: Careline, page: Page) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "script-src" in message.text else None)
    page.goto(careline_server.url)
    no_barriers(page)
    page.get_by_text("Set up my desk").click()
    page.get_by_label("Your name").fill("Ida Holm")
    page.get_by_label("Your mail address").fill("ida@lumen.example")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".errorlist")).to_contain_text("too short")
    no_barriers(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    go_on(page, "brand")
    page.get_by_label("Name that customers see").fill("Lumen Lamps")
    page.get_by_role("button", name="Go on").click()
    go_on(page, "hours")
    page.get_by_label("Monday").fill("8-12, 13-17")
    page.get_by_role("button", name="Copy to Tuesday to Friday").click()
    expect(page.get_by_label("Friday")).to_have_value("8-12, 13-17")
    page.get_by_role("button", name="Leave this for later").click()
    go_on(page, "mailbox")
    page.get_by_role("button", name="Leave this for later").click()
    go_on(page, "team")
    page.get_by_role("button", name="Leave this for later").click()
    expect(page.locator(".brand-name")).to_have_text("Lumen Lamps")

    for path in (
        "setup/users",
        "setup/teams",
        "setup/roles",
        "setup/operation",
        "setup/audit",
        "setup/health",
    ):
        page.goto(f"{careline_server.url}/{path}/")
        no_barriers(page)
    assert refused == []


def test_its_administrator_adds_a_passkey_and_signs_in_with_it(careline_server: Careline, page: Page) -> None:
    # Adding one sends a mail, which leaves through the outbox.
    pytest.importorskip("careline.channels.system_mail", reason="There is no outbox yet.")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "script-src" in message.text else None)
    page.goto(f"{careline_server.url}/accounts/login/")
    no_barriers(page)
    page.get_by_label("Email").fill("ida@lumen.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".brand-name")).to_have_text("Lumen Lamps")
    key = page.context.new_cdp_session(page)
    key.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
    }
    key.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    page.goto(f"{careline_server.url}/account/security/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page).to_have_url(re.compile("/recovery-codes/"))
    page.context.clear_cookies()
    page.goto(f"{careline_server.url}/accounts/login/")
    no_barriers(page)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator(".brand-name")).to_have_text("Lumen Lamps")
    assert refused == []
