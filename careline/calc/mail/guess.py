"""Guess the charset of a short text by how its letters look once decoded.

General detectors need a few hundred bytes; subjects and one-line mails have twenty. This scorer decodes
with every charset that mail really uses and asks whether the result reads like the script that charset was
made for.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

SAMPLE = 3_000  # characters scored; more changes nothing

_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґў"
_GREEK = "αοιετσνηυρπκμλςωδγχθφβξζψάέήίόύώϊ"
_HEBREW = "יוהלאמרתבשנםעקדחטפכגצזןסךףץ"
_ARABIC = "الينموتربدعسهفكحقجةشصأطخىذضزإثءؤغظئآ"
_THAI = "านรกอเงมย่ลวดทส้ตะปบคั็ีิแหไจพชขใโผ์ุูืึธถซณญฉศษ"
_WEST = "éèàäöüßçáíóúñêâôîûëïœæøåãõùò°§«»€–—’‘“”…·¡¿®©²ÄÖÜÉÀÅØÆÇÑÁÍÓÚ"
_EAST = "ąęłóśżźćńáíéýžščřěůúťďňőűöüôäľĺŕăâîșțşţđ–—’‘„“”…§€ŁŚŻŹĆŠČŘŽÓÁÉÚÍ"
_TURKISH = "ışğüöçİŞĞÜÖÇâîû–—’‘“”…€"

_Score = Callable[[str, str, str], float]


def _alphabet(letters: str) -> _Score:
    """Score letters of a script with its own alphabet: common ones high, a change of script low."""
    rank = {letter: 1.2 - 1.1 * place / len(letters) for place, letter in enumerate(letters)}

    def score(before: str, char: str, after: str) -> float:
        if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()):
            return -1.5
        if char.isupper() and before.islower():
            return -1.5
        return rank.get(char.lower(), 0.1 if char in "«»–—’“”…№،؟ " else -1.0)

    return score


def _accents(letters: str) -> _Score:
    """Score accented Latin letters: they stand among plain letters, seldom side by side."""
    rank = {letter: 1.1 - 0.5 * place / len(letters) for place, letter in enumerate(letters)}

    def score(before: str, char: str, after: str) -> float:
        crowded = not before.isascii() and before.isalpha() and not after.isascii() and after.isalpha()
        if crowded or (char.isupper() and before.islower()):
            return -1.0
        if not char.isalpha() and before.isalpha() and after.isalpha() and char not in "’·–—":
            return -1.0
        return rank.get(char, -0.5)

    return score


def _level_one(char: str, codec: str, first: int, last: int) -> float:
    """Return 1 for a character of the everyday rows of `codec`, else a small penalty."""
    try:
        lead = char.encode(codec)[0]
    except UnicodeError:
        return -1.0
    return 1.0 if first <= lead <= last else -0.4


def _kana(char: str) -> bool:
    return "\u3041" <= char <= "\u30fe"


def _wide_mark(char: str) -> bool:
    return "\u3000" <= char <= "\u3020" or "\uff01" <= char <= "\uff5e"


def _japanese(before: str, char: str, after: str) -> float:
    if _kana(char):
        return 1.2
    if "\uff61" <= char <= "\uff9f":
        return -0.3
    return 0.8 if _wide_mark(char) else _level_one(char, "cp932", 0x87, 0x97)


def _chinese(before: str, char: str, after: str) -> float:
    if _kana(char) or "\ue000" <= char <= "\uf8ff":
        return -1.0
    return 1.0 if _wide_mark(char) else _level_one(char, "gb2312", 0xB0, 0xD7)


def _taiwanese(before: str, char: str, after: str) -> float:
    return 1.0 if _wide_mark(char) else _level_one(char, "big5", 0xA4, 0xC6)


def _korean(before: str, char: str, after: str) -> float:
    if "\uac00" <= char <= "\ud7a3":
        return _level_one(char, "euc_kr", 0xB0, 0xC8) * 1.05
    return 0.5 if _wide_mark(char) else -0.6


# On a tie the first wins.
_TABLE: tuple[tuple[str, _Score], ...] = (
    ("cp932", _japanese),
    ("euc_jp", _japanese),
    ("cp949", _korean),
    ("gb18030", _chinese),
    ("big5hkscs", _taiwanese),
    ("cp1251", _alphabet(_CYRILLIC)),
    ("koi8_u", _alphabet(_CYRILLIC)),
    ("iso8859_5", _alphabet(_CYRILLIC)),
    ("cp866", _alphabet(_CYRILLIC)),
    ("cp1253", _alphabet(_GREEK)),
    ("cp1255", _alphabet(_HEBREW)),
    ("cp1256", _alphabet(_ARABIC)),
    ("cp874", _alphabet(_THAI)),
    ("cp1252", _accents(_WEST)),
    ("cp1254", _accents(_TURKISH)),
    ("cp1250", _accents(_EAST)),
    ("iso8859_2", _accents(_EAST)),
    ("cp850", _accents(_WEST)),
    ("mac_roman", _accents(_WEST)),
)
_RARE = frozenset(("cp850", "mac_roman", "cp866", "iso8859_5"))  # old programs only: they need to read better


def _mean(text: str, score: _Score) -> float:
    """Return the mean score of the characters of `text` that are not ASCII."""
    padded = f" {text} "
    places = list(islice((i for i, char in enumerate(text) if not char.isascii()), SAMPLE))
    marks = [_one(padded, i + 1, score) for i in places]
    return sum(marks) / len(marks) if marks else 0.0


def _one(padded: str, i: int, score: _Score) -> float:
    char = padded[i]
    if char < "\xa0":  # a control character: the charset is wrong
        return -3.0
    return 0.3 if char == "\xa0" else score(padded[i - 1], char, padded[i + 1])


def guess(raw: bytes, among: frozenset[str] | None = None) -> tuple[str, float] | None:
    """Return the likeliest charset of `raw` and its score, or None when nothing reads like text.

    Parameters
    ----------
    raw : bytes
        Text that is neither ASCII nor UTF-8.
    among : frozenset of str, optional
        Codecs to consider; all by default.

    Returns
    -------
    (str, float) or None
        Codec name and mean score per character, about -3..1.2; None below 0.2.
    """
    best: tuple[str, float] | None = None
    for codec, score in _TABLE:
        if among is not None and codec not in among:
            continue
        try:
            text = raw.decode(codec)
        except (UnicodeError, LookupError):
            continue
        value = _mean(text, score) - (0.2 if codec in _RARE else 0.0)
        if best is None or value > best[1] + 1e-9:
            best = (codec, value)
    return best if best is not None and best[1] >= 0.2 else None
