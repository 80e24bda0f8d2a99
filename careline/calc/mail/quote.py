"""Find where the quotation begins in a plain text, to fold it. Nothing is ever deleted.

Line by line and bounded, so a megabyte of bait costs no more than a megabyte of prose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from careline.calc.mail.quote_words import FORWARDED, MEANING, ORIGINAL, WROTE, bare
from careline.calc.mail.signature import signature_start

WINDOW = 4  # an introduction may be wrapped over this many lines
LONGEST = 400  # a longer line introduces nothing
MAX_LINES = 20_000

_DATE = re.compile(
    r"\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}年|[^\s@]@[^\s@]"
)
_DATED = re.compile(r"^\d{4}[-/.年].{0,200}@.{0,100}[:：]$")  # date, name and address, no verb
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}")
_LABEL = re.compile(r"^[\s>*|_]{0,6}([^\W\d_][^\d:：@<>*]{0,24}?)\s{0,3}\*{0,2}\s{0,3}[:：]\*{0,2}(?:\s|$)")
_SELF = re.compile(r"^(?:i|ich|je|yo|io|eu|ik|jag|jeg) |\b(?:i|ich) (?:wrote|schrieb)\b|\bschrieb ich\b")
_FW_SUBJECT = re.compile(r"^\s*(?:fwd?|wg|tr|rv|enc|i|vs|vb|doorst|pd|转发|轉寄|転送|fs)\s*[:：]", re.I)
_RULE = re.compile(r"^\s*[_\-=*]{8,}\s*$")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in three pieces; ``reply + signature + quoted`` tells all of it.

    Attributes
    ----------
    reply : str
        What was written this time.
    quoted : str
        The quotation with its introduction; empty when none was found.
    signature : str
        Signature between reply and quotation, or at the end.
    rule : str
        Which rule cut: ``separator``, ``original``, ``wrote``, ``headers``, ``marks`` or an empty string.
    """

    reply: str
    quoted: str = ""
    signature: str = ""
    rule: str = ""


def fold(text: str, *, subject: str = "", separators: tuple[str, ...] = (), signature: str = "") -> Folded:
    """Separate a reply from what it quotes and from its signature.

    Parameters
    ----------
    text : str
        Plain text of the whole mail.
    subject : str
        Subject; one that says "forward" protects the forwarded block.
    separators : tuple of str
        Own lines such as "Please reply above this line".
    signature : str
        Signature learnt from earlier mails of this sender (see `signature.learn_signature`).

    Returns
    -------
    Folded
        `reply` is the whole text when nothing credible was found, when answers stand between the quoted
        lines, or when nothing but quotation would remain.
    """
    lines = text.split("\n")
    start, rule = _cut(lines[:MAX_LINES], subject, separators)
    if start is None or _interleaved(lines, start, rule):
        start, rule = None, ""
    head = lines if start is None else lines[:start]
    sign = signature_start(head, learnt=signature)
    reply = "\n".join(head[:sign]).strip()
    if not reply:
        return _whole(text, head, sign)
    tail = "" if start is None else "\n".join(lines[start:]).strip("\n")
    return Folded(reply, tail, "\n".join(head[sign:]).strip("\n"), rule)


def _whole(text: str, head: list[str], sign: int) -> Folded:
    """Keep a text of which nothing else would remain."""
    return Folded(text.strip())


def _cut(lines: list[str], subject: str, separators: tuple[str, ...]) -> tuple[int | None, str]:
    """Return the earliest credible start of a quotation and the rule that found it."""
    wanted = tuple(bare(one) for one in separators if bare(one))
    forward = bool(_FW_SUBJECT.match(subject))
    for i, line in enumerate(lines):
        if not line.strip() or len(line) > LONGEST:
            continue
        plain = bare(line)
        if _is_forward_line(plain, line):
            return None, ""
        if rule := _rule_at(lines, i, plain, wanted):
            if forward and rule in ("headers", "original"):
                return None, ""
            return _with_rule_above(lines, i), rule
    return _trailing_marks(lines)


def _rule_at(lines: list[str], i: int, plain: str, wanted: tuple[str, ...]) -> str:
    if plain and any(one in plain for one in wanted):
        return "separator"
    if _is_original_line(plain, lines[i]):
        return "original"
    if lines[i].lstrip().startswith(">"):
        return ""
    if _is_introduction(lines, i):
        return "wrote"
    return "headers" if _is_header_block(lines, i) else ""


def _is_original_line(plain: str, line: str) -> bool:
    return (
        len(plain) < 60
        and line.strip()[:1] in "-_=*—–>#"
        and any(plain.startswith(word) for word in ORIGINAL)
    )


def _is_forward_line(plain: str, line: str) -> bool:
    if len(plain) >= 80 or not any(plain.startswith(word) for word in FORWARDED):
        return False
    return line.strip()[:1] in "-_=*—–>" or line.rstrip().endswith((":", "："))


def _is_introduction(lines: list[str], i: int) -> bool:
    """Tell whether "On ... wrote:" begins at line `i`, wrapped or not."""
    joined = ""
    for offset in range(min(WINDOW, len(lines) - i)):
        piece = lines[i + offset].strip()
        if not piece or len(joined) + len(piece) > LONGEST:
            return False
        joined = f"{joined} {piece}".strip()
        ends = piece.endswith((":", "：", ":*", ":_")) or piece.lower().endswith(WROTE)
        if ends and _reads_as_introduction(joined.lower(), lines, i + offset + 1):
            return True
        if piece.startswith(">"):
            return False
    return False


def _reads_as_introduction(joined: str, lines: list[str], after: int) -> bool:
    if not _DATE.search(joined) or _SELF.search(joined) or not _has_verb(joined):
        return False
    # The sure sign is a quoted line below; without it the line must carry an address or a time of day.
    quoted_below = next(
        (line.lstrip().startswith(">") for line in lines[after : after + 4] if line.strip()), False
    )
    return quoted_below or "@" in joined or bool(_TIME.search(joined))


def _has_verb(joined: str) -> bool:
    # "Am 3. Mai schrieb Anna <a@b.example>:" has its verb in front of the name.
    tail = joined[-200:]
    return any(word in tail for word in WROTE) or bool(_DATED.match(joined))


def label_of(line: str) -> str:
    """Return what a line such as "Von: Anna" is about (from, date, to, subject, cc), or an empty string."""
    if len(line) > LONGEST:
        return ""
    found = _LABEL.match(line)
    return MEANING.get(found[1].strip().strip("*").lower(), "") if found else ""


def _is_header_block(lines: list[str], i: int) -> bool:
    """Tell whether line `i` begins a From/Sent/To/Subject block."""
    if label_of(lines[i]) != "from":
        return False
    seen = {label_of(line) for line in lines[i : i + 8] if line.strip()} - {""}
    return len(seen) >= 3 and ("date" in seen or "subject" in seen)


def _with_rule_above(lines: list[str], i: int) -> int:
    """Move the cut above a line of underscores that belongs to the quotation."""
    above = i - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above]) else i


def _trailing_marks(lines: list[str]) -> tuple[int | None, str]:
    """Find the first line of a ``>`` block, when nothing introduced it."""
    first = next(
        (i for i, line in enumerate(lines) if line.startswith(">") and not line.startswith(">From ")), None
    )
    return (first, "marks") if first is not None else (None, "")


def _interleaved(lines: list[str], start: int, rule: str) -> bool:
    """Tell whether somebody answered between or below the quoted lines."""
    if rule == "separator":
        return False
    tail = lines[start:]
    first = next((i for i, line in enumerate(tail) if line.lstrip().startswith(">")), None)
    if first is None or (rule in ("headers", "original") and first > 12):
        return False
    after = tail[first:]
    after = after[: signature_start(after)]
    return any(
        line.strip() and not line.lstrip().startswith(">") and not _is_furniture(after, i)
        for i, line in enumerate(after)
    )


def _is_furniture(lines: list[str], i: int) -> bool:
    """A rule, a nested introduction or a footer is not an answer."""
    if _RULE.match(lines[i]) or _is_introduction(lines, i):
        return True
    # A nested introduction may be wrapped: its later lines belong to it.
    return any(
        _is_introduction(lines, j)
        for j in range(max(0, i - WINDOW + 1), i)
        if all(lines[k].strip() for k in range(j, i))
    )
