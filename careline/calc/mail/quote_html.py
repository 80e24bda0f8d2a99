"""Find the quotation in HTML by the marks that mail programs leave, and fold it without deleting it."""

from __future__ import annotations

import re

from lxml import html as lxml_html
from lxml.etree import LxmlError
from lxml.html import HtmlElement

from careline.calc.mail.quote_words import FORWARDED, MEANING, ORIGINAL, bare

MARK = "data-quote"

# A box that holds the quotation and nothing else.
_BOXES = re.compile(
    r"(?:^|[\s_])(?:gmail_quote(?:_container)?|gmail_extra|yahoo_quoted|protonmail_quote|moz-cite-prefix|"
    r"tutanota_quote|zmail_extra|ms-outlook-mobile-reference-message|ydp\w{1,20}yahoo_quoted|careline_quote|front-blockquote|"
    r"qt|iwcquote|wm_quote|freescout-quote|history_container|replyforwardmessage)(?:$|\s)",
    re.I,
)
# A line from which everything to the end is quotation.
_LINES = re.compile(
    r"(?:^|[\s_])(?:appendonsend|divrplyfwdmsg|olk_src_body_section|mail-editor-reference-message-container|"
    r"reply-intro|stopspelling|zwchr|msg-quote|spark_quote|_?origmsg_?|previousmessage|reply-separator)(?:$|\s)",
    re.I,
)
_OUTLOOK_RULE = re.compile(
    r"border(?:-top)?\s*:\s*(?:solid\s+#?\w{3,12}\s+1\.0pt|none;\s*border-top\s*:\s*solid)", re.I
)
_FORWARD_TAGS = 12_000  # characters looked at for "Forwarded message"


def mark_quotation(root: HtmlElement) -> bool:
    """Mark the element where the quotation begins with ``data-quote`` (``box`` or ``rest``).

    Parameters
    ----------
    root : HtmlElement
        Body; changed in place. Left unmarked when answers stand inside the quotation, when the mail forwards
        something, or when nothing else would remain.

    Returns
    -------
    bool
        True when a mark was set.
    """
    for element in root.iter():
        if not isinstance(element.tag, str) or element is root:
            continue
        how = _how(element)
        if how is None:
            continue
        if _is_forward(element) or _is_answered(element, how) or not _something_remains(root, element, how):
            return False
        start = _with_introduction(element) if how == "box" else element
        start.set(MARK, how)
        return True
    return False


def _how(element: HtmlElement) -> str | None:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"[:500]
    if names.strip():
        if _LINES.search(names):
            return "rest"
        if _BOXES.search(names):
            return "box" if "moz-cite-prefix" not in names else "rest"
    if element.tag == "blockquote" and (element.get("type") or "").lower() == "cite":
        return "box"
    if (
        element.tag == "div"
        and _OUTLOOK_RULE.search(element.get("style") or "")
        and _reads_as_headers(element)
    ):
        return "rest"
    return (
        "rest" if element.tag in ("hr", "p", "div", "span", "b", "strong") and _introduces(element) else None
    )


def _own_text(element: HtmlElement, limit: int = 600) -> str:
    """Return the words of an element, up to `limit` characters."""
    pieces, size = [], 0
    for piece in element.itertext():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            break
    return "".join(pieces)[:limit]


def _introduces(element: HtmlElement) -> bool:
    """Tell whether an element is a line such as "-----Original Message-----" or an Outlook header block."""
    if element.tag == "hr":
        following = element.getnext()
        return following is not None and isinstance(following.tag, str) and _reads_as_headers(following)
    text = (element.text or "").strip()
    if text[:2] in ("--", "__", "==") and len(text) < 90:
        return any(bare(text).startswith(word) for word in ORIGINAL)
    return element.tag in ("p", "div") and _starts_with_label(element) and _reads_as_headers(element)


def _starts_with_label(element: HtmlElement) -> bool:
    return MEANING.get(bare(_own_text(element, 40).replace("：", ":").partition(":")[0])) == "from"


def _reads_as_headers(element: HtmlElement) -> bool:
    """Tell whether an element opens with From/Sent/To/Subject lines."""
    text = _own_text(element)
    seen = {MEANING.get(bare(part.rpartition("\n")[2][-40:])) for part in re.split(r"[:：]", text)[:12]}
    bolds = {MEANING.get(bare("".join(b.itertext()))) for b in list(element.iter("b", "strong"))[:8]}
    return len((seen | bolds) - {None}) >= 3


def _is_forward(element: HtmlElement) -> bool:
    before = element.getprevious()
    near = _own_text(element, 300) + (
        _own_text(before, 300) if before is not None and isinstance(before.tag, str) else ""
    )
    return any(_starts_forward(line) for line in near.split("\n")) or any(
        _starts_forward(t) for t in list(element.itertext())[:6]
    )


def _starts_forward(line: str) -> bool:
    plain = bare(line)
    return (
        len(plain) < 80
        and line.strip()[:1] in ("-", "=", "_", "B", "b", "A", "a")
        and plain.startswith(FORWARDED)
    )


def _is_answered(element: HtmlElement, how: str) -> bool:
    """Tell whether somebody wrote between the quoted pieces."""
    if how == "rest":
        return False
    if element.tag == "blockquote":
        following = [one for one in element.itersiblings() if isinstance(one.tag, str)]
        later_quote = any(one.tag == "blockquote" for one in following)
        return bool((element.tail or "").strip()) or (
            later_quote and any(_own_text(o).strip() for o in following if o.tag != "blockquote")
        )
    quotes = list(element.iter("blockquote"))
    if not quotes:
        return False
    first, level = quotes[0], quotes[0].getparent()
    if level is None or (first.tail or "").strip():
        return level is not None and bool((first.tail or "").strip())
    return any(
        _own_text(one).strip()
        for one in first.itersiblings()
        if isinstance(one.tag, str) and one.tag != "blockquote"
    )


def _something_remains(root: HtmlElement, element: HtmlElement, how: str) -> bool:
    """Tell whether words or pictures stand outside the quotation."""
    inside = set(element.iter())
    for node in root.iter():
        if node is element:
            if how == "rest":
                return False
            if (node.tail or "").strip():
                return True
            continue
        if node in inside or not isinstance(node.tag, str):
            continue
        if node.tag == "img" or (node.text or "").strip() or (node is not root and (node.tail or "").strip()):
            return True
    return False


def _with_introduction(element: HtmlElement) -> HtmlElement:
    """Return the sibling "On ... wrote:" in front of a quotation box, when it ends with a colon."""
    before = element.getprevious()
    while (
        before is not None
        and isinstance(before.tag, str)
        and not _own_text(before).strip()
        and not (before.tail or "").strip()
    ):
        before = before.getprevious()
    if before is None or not isinstance(before.tag, str) or (before.tail or "").strip():
        return element
    text = _own_text(before).strip()
    if text.endswith((":", "：")) and len(text) < 300 and re.search(r"\d|@", text):
        # Both are folded: the box mark moves to a wrapper that holds them.
        parent = element.getparent()
        if parent is None:
            return element
        wrapper = lxml_html.Element("div")
        parent.insert(parent.index(before), wrapper)
        wrapper.tail, element_tail = None, element.tail
        while (following := wrapper.getnext()) is not None and following is not element:
            wrapper.append(following)
        wrapper.append(element)
        element.tail, wrapper.tail = None, element_tail
        return wrapper
    return element


def fold_html(markup: str) -> tuple[str, str]:
    """Split HTML into what was written this time and what is quoted.

    Parameters
    ----------
    markup : str
        Sanitised HTML with its ``data-quote`` mark, or any HTML, in which the quotation is then looked for.

    Returns
    -------
    (str, str)
        Visible and quoted HTML; the second is empty when nothing is folded.
    """
    if "<" not in markup:
        return markup, ""
    try:
        root = lxml_html.fragment_fromstring(markup, create_parent="div")
    except (LxmlError, ValueError, AssertionError):
        return markup, ""
    marked = next((one for one in root.iter() if isinstance(one.tag, str) and one.get(MARK)), None)
    if marked is None and mark_quotation(root):
        marked = next((one for one in root.iter() if isinstance(one.tag, str) and one.get(MARK)), None)
    if marked is None:
        return markup, ""
    quoted = _take_rest(root, marked) if marked.get(MARK) == "rest" else _take(marked)
    return _inner(root), quoted


def _inner(root: HtmlElement) -> str:
    return (
        str(lxml_html.tostring(root, encoding="unicode")).removeprefix("<div>").removesuffix("</div>").strip()
    )


def _take(element: HtmlElement) -> str:
    """Take an element out of its tree, leaving the text after it, and return its HTML."""
    markup = str(lxml_html.tostring(element, encoding="unicode", with_tail=False))
    element.drop_tree()
    return markup


def _take_rest(root: HtmlElement, element: HtmlElement) -> str:
    """Take an element and all that follows it in the document, and return that HTML."""
    pieces: list[str] = []
    node: HtmlElement | None = element
    while node is not None and node is not root:
        parent = node.getparent()
        following = list(node.itersiblings())
        if node is element:
            pieces.append(str(lxml_html.tostring(node, encoding="unicode")))
        elif node.tail:
            pieces.append(node.tail)
        node.tail = None
        for one in following:
            pieces.append(str(lxml_html.tostring(one, encoding="unicode")))
            one.tail = None
            parent.remove(one)
        if node is element:
            parent.remove(node)
        node = parent
    return "".join(pieces)
