"""The pages speak German to those who want it, all of them."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import translation

from tests.architecture.test_doors import screens
from tests.make import make_admin, make_brand, make_team

CATALOGUE = Path(__file__).resolve().parents[1] / "careline" / "locale" / "de" / "LC_MESSAGES" / "django.po"
# What answers with something else than a page of ours, or ends the session.
NOT_PAGES = ("logout", "events", "export", "download", "healthz", "setup/interface", "reset", "signup")

pytestmark = pytest.mark.django_db


def sentences() -> list[str]:
    """Return the English texts of three words and more that read otherwise in German."""
    with CATALOGUE.open("rb") as lines:
        catalogue = read_po(lines, locale="de")
    texts = [message.id for message in catalogue if isinstance(message.id, str)]
    return [text for text in texts if text.count(" ") >= 2 and not re.search(r"[%{\n]", text)]


def plain_pages() -> list[str]:
    """Return the addresses that need nothing but to be opened."""
    found = [f"/{where}" for where, _view in screens(get_resolver().url_patterns)]
    return [address for address in found if not re.search(r"[<^(\\]", address)]


@pytest.fixture
def german() -> Client:
    """A browser in which a German administrator is signed in, in an operation that has begun."""
    from careline.core import settings

    settings.put("operation.ready", True)
    admin = make_admin(language="de")
    make_brand()
    make_team(admin, lead=admin)
    client = Client()
    client.force_login(admin)
    return client


def test_no_page_mixes_english_sentences_in(german: Client) -> None:
    english = sentences()
    assert len(english) > 300
    opened, mixed = 0, []
    for address in plain_pages():
        if any(word in address for word in NOT_PAGES):
            continue
        answer = german.get(address)
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        opened += 1
        page = html.unescape(answer.content.decode())
        assert '<html lang="de"' in page or "<html" not in page, address
        mixed += [(address, text) for text in english if text in page]
    assert mixed == []
    assert opened > 20


def test_a_stranger_is_greeted_in_the_language_of_the_browser(client: Client) -> None:
    make_admin()
    page = client.get(
        reverse("account_login"), headers={"accept-language": "de-AT,de;q=0.9"}
    ).content.decode()
    assert "Anmelden" in page
    assert "Angemeldet bleiben" in page or "angemeldet bleiben" in page


def test_months_and_weekdays_keep_their_own_words() -> None:
    # A text of ours must not take the place of one that Django brings along.
    from django.utils.dates import MONTHS, WEEKDAYS

    with translation.override("de"):
        assert (str(MONTHS[5]), str(MONTHS[3]), str(WEEKDAYS[0])) == ("Mai", "März", "Montag")
