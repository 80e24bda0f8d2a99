"""What every template of the house keeps to: its first lines, its icons, its policy, its language."""

from __future__ import annotations

import json
import re

import pytest

from tests.architecture.house import ROOT, templates

ICONS = set(json.loads((ROOT / "frontend" / "icons.json").read_text())) | {"mark"}
# Never read as words: names, keys, and what stands for itself in every language.
SAME_EVERYWHERE = {"Careline", "Ctrl", "Shift", "Esc", "Enter", "CSV", "JSON", "IMAP", "SMTP"}
SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-key-label", "aria-description")

TRANSLATED = re.compile(r"{%\s*blocktranslate.*?endblocktranslate\s*%}", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}|<!--.*?-->", re.DOTALL)
DATA = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL)
CLASSES = re.compile(r"{% block \w+_class %}.*?{% endblock %}")
CODE = re.compile(r"<(code|kbd|samp)\b[^<]*</\1>", re.DOTALL)
EXPRESSION = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')
WORD = re.compile(r"[^\W\d_]{2,}")
# A script of type application/json is data: no browser runs it, and no policy refuses it.
REFUSED = re.compile(
    r"""<[^>]*?\s(?:style|on[a-z]+|hx-on[\w:-]*)=["']|<style"""
    r"""|<script(?![^>]*\s(?:src=|type="application/json"))"""
)

every = pytest.mark.parametrize("source", [pytest.param(text, id=name) for name, text in templates()])


def icons_in(source: str) -> set[str]:
    """Return the icons a template names."""
    return set(re.findall(r'{% icon "([\w-]+)"', source)) | set(re.findall(r'\bicon="([\w-]+)"', source))


def refused_in(source: str) -> list[str]:
    """Return the scripts and styles that the content policy would refuse."""
    # A mail that is sent, and the frame a mail is shown in, are documents of their own with another policy.
    return [] if "own-policy" in source.partition("\n")[0] else REFUSED.findall(source)


def says_its_needs(source: str) -> bool:
    """Tell whether the first lines say what a template needs, or that it needs nothing."""
    return bool(re.search(r"{# (Needs|May have)\b", "\n".join(source.splitlines()[:4])))


def untranslated_in(source: str) -> list[str]:
    """Return words for people that stand outside the translation tags."""
    if "Shows samples" in source[:300]:  # the page for those who build screens
        return []
    bare = source
    for pattern in (COMMENT, TRANSLATED, CLASSES, DATA, CODE):
        bare = pattern.sub(" ", bare)
    bare = EXPRESSION.sub("\x00", bare)
    spoken = re.findall(rf'\s(?:{"|".join(SPOKEN)})="([^"]*)"', bare)
    words = [
        word for text in (ATTRIBUTE.sub(" ", TAG.sub(" ", bare)), *spoken) for word in WORD.findall(text)
    ]
    return [word for word in words if word not in SAME_EVERYWHERE]


@every
def test_every_icon_a_template_names_is_on_the_sheet(source: str) -> None:
    assert icons_in(source) <= ICONS, f"add {sorted(icons_in(source) - ICONS)} to frontend/icons.json"


@every
def test_no_template_holds_script_or_style_the_policy_would_refuse(source: str) -> None:
    assert refused_in(source) == []


@every
def test_a_template_says_in_its_first_lines_what_it_needs(source: str) -> None:
    assert says_its_needs(source)


@every
def test_every_word_for_people_is_translated(source: str) -> None:
    assert untranslated_in(source) == []


@pytest.mark.parametrize(
    "text",
    [
        "<p>Hello you</p>",
        '<button title="Close it">×</button>',
        '<a href="{{ url }}" aria-label="More of {{ name }}">…</a>',
        "{% if a %}Yes{% endif %}",
    ],
)
def test_a_bare_word_is_found(text: str) -> None:
    assert untranslated_in(text) != []


@pytest.mark.parametrize(
    "text",
    [
        '<p class="quiet">{% translate "Hello you" %}</p>',
        "{% blocktranslate with a=b %}Hello {{ a }}{% endblocktranslate %}",
        "<button title=\"{% translate 'Close it' %}\">×</button>",
        "{# Needs: nothing. #}<kbd>Ctrl</kbd> 17 · {{ name }}",
        '<script type="application/json">{"ids": {"login": "key"}}</script>',
    ],
)
def test_a_translated_word_is_none(text: str) -> None:
    assert untranslated_in(text) == []


@pytest.mark.parametrize(
    "text",
    ["<script>go()</script>", '<p style="color: red">', '<a onclick="go()">', "<style>p {}</style>"],
)
def test_what_the_policy_refuses_is_found(text: str) -> None:
    assert len(refused_in(text)) == 1


def test_a_template_that_keeps_its_needs_to_itself_is_found() -> None:
    assert not says_its_needs('{% extends "base.html" %}\n{% load i18n %}\n{% block main %}')
    assert icons_in('{% icon "no-such" "small" %}{% include "a.html" with icon="nor-such" only %}') == {
        "no-such",
        "nor-such",
    }
