"""Subjects: what is left of one without its prefixes, and the ticket number in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Answer and forward marks of the world's mail programs, longest first in the pattern.
PREFIXES = (
    "re", "aw", "sv", "vs", "antw", "antwort", "wg", "fw", "fwd", "tr", "rif", "r", "odp", "ynt", "ref",
    "res", "rép", "rp", "bls",
    "vá", "továbbítás", "vl", "vb", "doorst", "enc", "rv", "pd", "i", "ilt", "ats", "atb", "pts",
    "σχετ", "πρθ", "απ",
    "отв", "ответ", "пересл", "hv", "fs", "ang", "yt", "ref", "bil", "ddj", "תשובה", "הועבר", "רد",
    "رد", "إعادة توجيه",
    "回复", "回覆", "答复", "答覆", "转发", "轉寄", "轉發", "転送", "返信", "回信", "답장", "회신",
    "전달", "trả lời",
    "chuyển tiếp", "bals", "btw",
)  # fmt: skip
_WORDS = "|".join(sorted((re.escape(one) for one in dict.fromkeys(PREFIXES)), key=len, reverse=True))
_PREFIX = re.compile(
    rf"\s*(?:{_WORDS})\s?(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|\^\d{{1,3}}|\*\d{{1,3}}|\d{{1,3}})?\s?[:：]", re.I
)
_TAG = re.compile(
    r"\s*(?:\[(?:ext|external|extern|externe|externo|esterno|extern:in|spam|suspected spam|bulk|caution)\]|"
    r"\((?:ext|external|extern)\)|\*{2,}(?:ext|external|spam)\*{2,}|(?:external|caution external)\s?:)",
    re.I,
)
LIMIT = 2_000
MAX_PREFIXES = 100


def normal_subject(subject: str, brands: Sequence[str] = ("Careline",)) -> str:
    """Return a subject for comparing: no prefixes, tags or ticket number, one kind of space, lower case.

    Parameters
    ----------
    subject : str
        Decoded subject.
    brands : sequence of str
        Names used in our own subject numbers.
    """
    text = _number(brands).sub(" ", unicodedata.normalize("NFKC", subject[:LIMIT]))
    for _ in range(MAX_PREFIXES):
        found = _PREFIX.match(text) or _TAG.match(text)
        if not found:
            break
        text = text[found.end() :]
    return " ".join(text.split()).casefold()


def subject_number(subject: str, brands: Sequence[str] = ("Careline",)) -> int | None:
    """Return the ticket number of ``[Careline #17]`` or ``[#17]`` in a subject, or None.

    Parameters
    ----------
    subject : str
        Decoded subject. The number proves nothing: accept it only from somebody who already takes part.
    brands : sequence of str
        Names that may stand before the number.
    """
    found = _number(brands).search(subject[:LIMIT])
    return int(found[1]) if found else None


def numbered_subject(subject: str, ticket: int, brand: str = "Careline") -> str:
    """Return `subject` with ``[Careline #17]`` in it, once."""
    bare = " ".join(_number((brand,)).sub(" ", subject[:LIMIT]).split())
    return f"{bare} [{brand} #{ticket}]".strip()


def _number(brands: Sequence[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(one) for one in brands)
    return re.compile(rf"\[(?:(?:{names})\s{{0,3}})?#\s{{0,3}}(\d{{1,15}})\]", re.I)
