"""What every template of the house keeps to, so that the content policy and the icon sheet hold."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = ROOT / "careline" / "web" / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
ICONS = set(json.loads((ROOT / "frontend" / "icons.json").read_text())) | {"mark"}


def names(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_every_icon_a_template_names_is_on_the_sheet(path: Path) -> None:
    source = path.read_text()
    named = set(re.findall(r'{% icon "([\w-]+)"', source)) | set(re.findall(r'\bicon="([\w-]+)"', source))

    assert named <= ICONS, f"add {sorted(named - ICONS)} to frontend/icons.json"


@pytest.mark.parametrize("path", PAGES, ids=names)
def test_no_template_holds_script_or_style_the_policy_would_refuse(path: Path) -> None:
    # A mail that is sent, and the frame a mail is shown in, are documents of their own with another policy.
    source = path.read_text()
    if "own-policy" in source.partition("\n")[0]:
        return

    # A script of type application/json is data: no browser runs it, and no policy refuses it.
    refused = re.findall(
        r"""<[^>]*?\s(?:style|on[a-z]+|hx-on[\w:-]*)=["']|<style"""
        r"""|<script(?![^>]*\s(?:src=|type="application/json"))""",
        source,
    )

    assert not refused
