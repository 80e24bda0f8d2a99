"""Make a stranger's HTML safe to show: nh3 decides what may stay, before and after our own marks are set.

Order: nh3 (repairs the markup, drops scripts, styles and comments with their content), then a walk over
the tree (outside images held back, links examined, quotation marked), then nh3 again, so that whatever the
walk wrote is judged like any other markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import nh3
from lxml import html as lxml_html
from lxml.etree import LxmlError

from careline.calc.mail.charset import tidy
from careline.calc.mail.html_text import to_html, to_text
from careline.calc.mail.links import mark_link
from careline.calc.mail.quote_html import mark_quotation

MAX_CHARACTERS = 2_000_000
MAX_LINKS = 5_000
MAX_TAGS = 60_000
MAX_DEPTH = 240  # the tree library stops at 256

TAGS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "article",
        "aside",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
DROPPED = frozenset(
    [
        "script",
        "style",
        "title",
        "meta",
        "noscript",
        "template",
        "iframe",
        "object",
        "embed",
        "applet",
        "frameset",
        "svg",
        "math",
        "select",
        "textarea",
        "form-data",
    ]
)
_CELL = {"align", "valign", "bgcolor", "colspan", "rowspan", "width", "height", "nowrap", "style"}
_BLOCK = {"align", "style", "dir"}
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title", "style", "data-quote"},
    "a": {"href", "name", "data-warning"},
    "img": {"src", "alt", "width", "height", "data-remote-src", "data-missing", "border", "align"},
    "table": {"border", "cellpadding", "cellspacing", "summary", *_CELL},
    "td": _CELL,
    "th": _CELL | {"scope"},
    "tr": _CELL,
    "col": {"span", "width", "align"},
    "colgroup": {"span", "width", "align"},
    "tbody": _BLOCK | {"valign"},
    "thead": _BLOCK | {"valign"},
    "tfoot": _BLOCK | {"valign"},
    "p": _BLOCK,
    "div": _BLOCK,
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "font": {"color", "face", "size"},
    "blockquote": {"type"},
    "hr": {"size", "width", "align", "color"},
    "time": {"datetime"},
}
STYLES = frozenset(
    [
        "background-color",
        "border",
        "border-bottom",
        "border-bottom-color",
        "border-bottom-style",
        "border-bottom-width",
        "border-collapse",
        "border-color",
        "border-left",
        "border-left-color",
        "border-left-style",
        "border-left-width",
        "border-radius",
        "border-right",
        "border-right-color",
        "border-right-style",
        "border-right-width",
        "border-spacing",
        "border-style",
        "border-top",
        "border-top-color",
        "border-top-style",
        "border-top-width",
        "border-width",
        "caption-side",
        "clear",
        "color",
        "direction",
        "display",
        "float",
        "font-family",
        "font-size",
        "font-style",
        "font-variant",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
        "max-height",
        "max-width",
        "min-width",
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "table-layout",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "unicode-bidi",
        "vertical-align",
        "white-space",
        "width",
        "word-break",
        "word-spacing",
        "word-wrap",
        "overflow-wrap",
    ]
)
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "ftp", "sms", "callto"}
_BAD_STYLE = re.compile(r"url\s*\(|expression|javascript|image-set|@import|\\", re.I)
_BAD_DISPLAY = re.compile(r"display\s*:\s*(?:fixed|contents|-)", re.I)
# A negative margin can lay words over the page's own.
_NEGATIVE = re.compile(
    r"(?:^|;)\s*(?:margin|text-indent|letter-spacing|word-spacing)[\w-]*\s*:[^;]*-\s*\d", re.I
)


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    """Refuse attribute values that no element may carry."""
    if attribute == "style":
        kept = [one for one in value[:4_000].split(";") if one.strip() and _style_is_plain(one)]
        return ";".join(kept) or None
    if attribute == "src" and not value.strip().lower().startswith(("cid:", "http://", "https://")):
        return None
    return value


def _style_is_plain(declaration: str) -> bool:
    return not (
        _BAD_STYLE.search(declaration) or _BAD_DISPLAY.search(declaration) or _NEGATIVE.search(declaration)
    )


def _cleaner(attributes: Mapping[str, Collection[str]], schemes: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(DROPPED),
        attributes={tag: set(names) for tag, names in attributes.items()},
        attribute_filter=_filtered,
        filter_style_properties=set(STYLES),
        url_schemes=schemes,
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


# The first pass keeps class and id: the quotation is known by them. The second drops them, and outside
# addresses.
_FIRST = _cleaner({**ATTRIBUTES, "*": ATTRIBUTES["*"] - {"data-quote"} | {"class", "id"}}, _SCHEMES)
_LAST = _cleaner(ATTRIBUTES, _SCHEMES)


@dataclass(frozen=True, slots=True)
class Safe:
    """Sanitised HTML and what was done to it.

    Attributes
    ----------
    html : str
        Safe to place in a page; empty when only the text can be shown.
    remote_images : int
        Outside images held back in ``data-remote-src``.
    cids : frozenset of str
        Content ids that the HTML shows.
    warnings : int
        Links marked with ``data-warning``.
    problems : tuple of str
        Plain sentences for the reader.
    """

    html: str
    remote_images: int = 0
    cids: frozenset[str] = frozenset()
    warnings: int = 0
    problems: tuple[str, ...] = ()


def sanitise(markup: str, *, cids: Collection[str] = ()) -> Safe:
    """Return `markup` with everything gone that could run, load, spy or cover the page.

    Parameters
    ----------
    markup : str
        HTML as the sender wrote it.
    cids : collection of str
        Content ids of the images that came with the mail; others are marked as missing.
    """
    if not markup.strip():
        return Safe("")
    if problem := _too_much(markup):
        return Safe("", problems=(problem,))
    try:
        return _sanitised(markup, cids)
    except (LxmlError, ValueError, RecursionError, AssertionError):
        return Safe(
            "", problems=("The formatted text could not be read safely. Open the original to see it.",)
        )


def _too_much(markup: str) -> str:
    lower = markup.lower() if len(markup) <= MAX_CHARACTERS else ""
    if not lower:
        return "The formatted text is too large to show. Open the original to see it."
    if lower.count("<a") > MAX_LINKS and len(re.findall(r"<a\s", lower)) > MAX_LINKS:
        return f"The formatted text has more than {MAX_LINKS:,} links. Open the original to see it."
    if lower.count("<") > MAX_TAGS or _depth(lower) > MAX_DEPTH:
        return "The formatted text is too tangled to show. Open the original to see it."
    return ""


def _depth(lower: str) -> int:
    """Return an upper bound of the nesting that matters: openings minus closings of elements that nest."""
    deepest = level = 0
    for found in re.finditer(
        r"<(/?)(?:div|span|table|blockquote|font|b|i|u|ul|ol|center|a|p|em|strong|section|td)\b", lower
    ):
        level = max(0, level + (-1 if found[1] else 1))
        deepest = max(deepest, level)
        if deepest > 4 * MAX_DEPTH:
            break
    return deepest if deepest > 4 * MAX_DEPTH else 0


def _sanitised(markup: str, cids: Collection[str]) -> Safe:
    first = _FIRST.clean(tidy(markup))
    if "<" not in first:
        return Safe(tidy(first))
    root = lxml_html.fragment_fromstring(first, create_parent="div")
    warnings = sum(mark_link(link) for link in root.iter("a"))
    remote, shown = _hold_images(root, {one.lower(): one for one in cids})
    mark_quotation(root)
    written = lxml_html.tostring(root, encoding="unicode")
    inner = _LAST.clean(written.removeprefix("<div>").removesuffix("</div>"))
    lost = len(to_text_cheaply(inner)) * 2 < len(to_text_cheaply(first))
    if lost:  # the tree was deeper than the library follows
        return Safe("", problems=("The formatted text is too tangled to show. Open the original to see it.",))
    return Safe(tidy(inner), remote, frozenset(shown), warnings)


def to_text_cheaply(markup: str) -> str:
    """Return the characters outside tags."""
    return re.sub(r"<[^<>]*>|\s+", "", markup)


def _hold_images(root: lxml_html.HtmlElement, cids: Mapping[str, str]) -> tuple[int, set[str]]:
    """Move outside addresses of images to ``data-remote-src``; return their number and the ids shown."""
    remote, shown = 0, set()
    for image in root.iter("img"):
        source = (image.get("src") or "").strip()
        image.attrib.pop("src", None)
        image.attrib.pop("data-remote-src", None)
        if source.lower().startswith(("http:", "https:")):
            image.set("data-remote-src", source)
            remote += 1
        elif source.lower().startswith("cid:"):
            known = cids.get(source[4:].strip("<> ").lower())
            if known is None:
                image.set("data-missing", "1")
            else:
                image.set("src", f"cid:{known}")
                shown.add(known)
    return remote, shown


def place_images(markup: str, addresses: Mapping[str, str]) -> str:
    """Return sanitised HTML with ``cid:`` sources replaced by the addresses of our own stored files.

    Parameters
    ----------
    markup : str
        `Safe.html`.
    addresses : mapping of str to str
        Content id to address.
    """

    def placed(found: re.Match[str]) -> str:
        address = addresses.get(html.unescape(found[1]))
        return f' src="{html.escape(address)}"' if address else ""

    return re.sub(r' src="cid:([^"]*)"', placed, markup)


__all__ = ["Safe", "place_images", "sanitise", "to_html", "to_text"]
