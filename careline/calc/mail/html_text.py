"""HTML to plain text."""

from __future__ import annotations

import html
import re

from inscriptis import get_text
from inscriptis.model.config import ParserConfig
from lxml.etree import LxmlError

LIMIT = 2_000_000  # characters laid out properly; beyond that tags are just dropped
_TAG_LIMIT = 60_000
_HIDDEN = re.compile(r"<(script|style|title|head|noscript|template)\b[^>]*>.*?</\1\s*>", re.I | re.S)
_BREAK = re.compile(r"<\s*(?:br|/p|/div|/tr|/li|/h[1-6]|/table|/blockquote)\b[^<>]*>", re.I)
_TAG = re.compile(r"<[^<>]*>")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_COMMENT_OPENS = re.compile(r"<!--")
_HIDDEN_OPENS = re.compile(r"<(?:script|style|title|head|noscript|template)\b", re.I)
_MANY_BREAKS = re.compile(r"\n{3,}")
_CONFIG = ParserConfig(display_links=False, display_images=False)


def to_text(markup: str) -> str:
    """Return the readable text of an HTML body.

    Parameters
    ----------
    markup : str
        HTML, hostile or not.
    """
    if not markup.strip():
        return ""
    if len(markup) <= LIMIT and markup.count("<") <= _TAG_LIMIT:
        try:
            return _tidy(get_text(markup, _CONFIG))
        except (LxmlError, ValueError, RecursionError, AttributeError, IndexError, TypeError, KeyError):
            pass  # a page the layout cannot take still has words
    return _tidy(stripped(markup))


def stripped(markup: str) -> str:
    """Return the words of HTML without any layout, in one linear pass."""
    text = markup
    for pattern, opening in ((_COMMENT, _COMMENT_OPENS), (_HIDDEN, _HIDDEN_OPENS)):
        if len(opening.findall(markup)) < 100:  # each unclosed opening costs a scan to the end
            text = pattern.sub(" ", text)
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\xa0", " ").replace("\r", "").split("\n"))
    return _MANY_BREAKS.sub("\n\n", "\n".join(lines)).strip("\n")


def to_html(text: str) -> str:
    """Return plain text as HTML that keeps its lines."""
    return f'<div style="white-space:pre-wrap">{html.escape(text)}</div>' if text.strip() else ""
