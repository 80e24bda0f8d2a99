"""Turn bytes into text: what is declared first, what is true in the end."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from charset_normalizer import from_bytes

from careline.calc.mail.guess import guess

DETECT_BYTES = 20_000  # the library's detector is slow and needs no more

# Names that mail programs write and Python does not know, or knows as something narrower.
_ALIASES = {
    **dict.fromkeys(("ascii", "usascii", "ansix341968", "646", "iso646us", "7bit"), "ascii"),
    **dict.fromkeys(
        ("utf8", "utf8mb4", "utf8mb3", "unicode11utf8", "utf8sig", "xutf8", "unicode20utf8"), "utf-8"
    ),
    **dict.fromkeys(("unicode11utf7", "utf7", "xutf7", "unicode20utf7"), "utf-7"),
    **dict.fromkeys(
        ("gb2312", "isogb2312", "gb231280", "gbk", "xgbk", "cngb", "euccn", "gb18030", "xeuccn", "cp936"),
        "gb18030",
    ),
    **dict.fromkeys(
        ("ksc5601", "ksc56011987", "ksc56011989", "ksc5601x", "euckr", "xeuckr", "ks5601", "korean", "uhc"),
        "cp949",
    ),
    **dict.fromkeys(
        ("sjis", "xsjis", "shiftjis", "windows31j", "cswindows31j", "mskanji", "xmacjapanese", "xshiftjis"),
        "cp932",
    ),
    **dict.fromkeys(("big5", "xbig5", "cnbig5", "big5hkscs", "xxbig5", "big5tw"), "big5hkscs"),
    **dict.fromkeys(("eucjp", "xeucjp", "ujis"), "euc_jp"),
    **dict.fromkeys(("hzgb2312", "hz"), "hz"),
    **dict.fromkeys(
        ("iso2022jp", "csiso2022jp", "xiso2022jp", "iso2022jp1", "iso2022jp2", "iso2022jp3"), "iso2022_jp"
    ),
    **dict.fromkeys(
        ("iso2022jpms", "cp50220", "cp50221", "cp50222", "jis", "iso2022jpext", "iso2022jp2004"), "iso2022_jp"
    ),
    **dict.fromkeys(("iso88598i", "iso88598e", "visual", "logical"), "iso8859_8"),
    **dict.fromkeys(("macintosh", "xmacroman", "mac", "macroman", "xmac"), "mac_roman"),
    **dict.fromkeys(("xmaccyrillic", "maccyrillic", "xmacukrainian"), "mac_cyrillic"),
    **dict.fromkeys(("xmacce", "xmaccentraleurroman", "maccentraleurope"), "mac_latin2"),
    **dict.fromkeys(("xmacgreek",), "mac_greek"),
    **dict.fromkeys(("xmacturkish",), "mac_turkish"),
    **dict.fromkeys(("xmachebrew",), "iso8859_8"),
    **dict.fromkeys(("xmacchinesesimp",), "gb18030"),
    **dict.fromkeys(("xmacchinesetrad",), "big5hkscs"),
    **dict.fromkeys(("xmackorean",), "cp949"),
    **dict.fromkeys(("koi8", "koi8r", "xkoi8r", "cskoi8r"), "koi8_r"),
    **dict.fromkeys(("koi8u", "koi8ru"), "koi8_u"),
    **dict.fromkeys(("tis620", "windows874", "iso885911", "cp874"), "cp874"),
    **dict.fromkeys(
        (
            "latin1",
            "l1",
            "iso88591",
            "isolatin1",
            "iso885911987",
            "ansi",
            "windows1252",
            "iso88591windows1252",
        ),
        "cp1252",
    ),
    **dict.fromkeys(("latin2",), "iso8859_2"),
    **dict.fromkeys(("latin9", "latin0"), "iso8859_15"),
    **dict.fromkeys(("iso88599", "latin5"), "cp1254"),
    **dict.fromkeys(("utf16", "unicode", "ucs2", "iso10646ucs2", "utf16le", "xutf16le"), "utf-16"),
    **dict.fromkeys(("utf16be",), "utf-16-be"),
    **dict.fromkeys(("utf32", "ucs4"), "utf-32"),
}
_UNKNOWN = frozenset(
    (
        "",
        "xunknown",
        "unknown8bit",
        "unknown",
        "default",
        "none",
        "binary",
        "8bit",
        "base64",
        "xuserdefined",
        "charset",
    )
)
_TEXT_CODECS_ONLY = re.compile(
    r"^(base64|bz2|hex|quopri|rot_?13|uu|zlib|idna|punycode|.*_escape|undefined|mbcs|oem)", re.I
)
_WESTERN = frozenset(("ascii", "cp1252", "iso8859_15", "cp1254", "cp1250", "iso8859_2", "mac_roman", "cp850"))
_MULTIBYTE = frozenset(("cp932", "euc_jp", "cp949", "gb18030", "big5hkscs"))
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w.:-]{2,40})", re.I)
_JIS_ESCAPE = re.compile(rb"\x1b(\$\([A-Z]|\$[@B]|\([A-Z]|&@)")
_NOT_TEXT = re.compile("[\x00\x01-\x08\x0b\x0e-\x1f\x7f]")
_LOST = re.compile("[\ud800-\udfff\ufffd\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the charset that gave it, and whether that was the declared one."""

    text: str
    charset: str
    as_declared: bool = True


@lru_cache(maxsize=512)
def codec_of(declared: str) -> str | None:
    """Return the Python codec for a charset name as found in mail, or None when it names nothing.

    Parameters
    ----------
    declared : str
        Name with whatever quotes, comments and case the sender put around it.
    """
    name = (
        re.split(r"[;,*\s]", declared.strip().strip("\"'<>=()").strip(), maxsplit=1)[0]
        .strip("\"'")[:60]
        .lower()
    )
    flat = re.sub(r"[^a-z0-9]", "", name)
    if flat in _UNKNOWN:
        return None
    if flat in _ALIASES:
        return _ALIASES[flat]
    return _numbered(flat) or _python_codec(name)


def _numbered(flat: str) -> str | None:
    """Read ``cp-850``, ``win1252``, ``ibm852``, ``iso-8859-15`` and their like."""
    if found := re.fullmatch(r"x?(?:cp|windows|win|ms|ibm|dos|codepage)(\d{3,5})", flat):
        number = found[1].lstrip("0")
        special = {
            "65001": "utf-8",
            "936": "gb18030",
            "54936": "gb18030",
            "28591": "cp1252",
            "20127": "ascii",
        }
        return special.get(number) or _python_codec(f"cp{number}")
    if found := re.fullmatch(r"(?:iso)?8859(\d{1,2})[a-z]?(?:19\d\d)?", flat.removeprefix("x")):
        return _python_codec(f"iso8859_{found[1]}")
    return None


def _python_codec(name: str) -> str | None:
    if _TEXT_CODECS_ONLY.match(name):
        return None
    try:
        return codecs.lookup(name).name.replace("-", "_") if name.isascii() else None
    except (LookupError, ValueError):
        return None


def tidy(text: str) -> str:
    """Drop NUL and other controls that no text needs, and marks of letters lost before we saw them."""
    if text.isascii() and text.isprintable():
        return text
    return _LOST.sub("?", _NOT_TEXT.sub("", text).removeprefix("\ufeff"))


def decode(
    raw: bytes, declared: str | None = None, hints: Iterable[str] = (), *, html: bool = False
) -> Decoded:
    """Decode text of mail, never with a replacement character where some charset reads it.

    Order: declared, byte order mark or HTML meta, UTF-8, charsets used elsewhere in the mail, a guess by
    script, a general detector, Windows-1252. A declared charset that fails only here and there still wins;
    its stray bytes are read as Windows-1252.

    Parameters
    ----------
    raw : bytes
        The text.
    declared : str, optional
        Charset name as the sender gave it.
    hints : iterable of str
        Charset names seen elsewhere in the same mail.
    html : bool
        Look for ``<meta charset>`` too.

    Returns
    -------
    Decoded
        Text without NUL bytes, lone surrogates or U+FFFD.
    """
    codec = codec_of(declared) if declared else None
    raw = raw.replace(b"\x00", b"") if not _is_wide(raw, codec) else raw
    if (
        raw.isascii()
        and b"\x1b" not in raw
        and b"~{" not in raw
        and codec not in ("utf-7", "utf-16", "utf-32")
    ):
        return Decoded(tidy(raw.decode("ascii")), "ascii")
    found = _told(raw, codec, html=html) or _found_out(raw, codec, hints)
    return Decoded(tidy(found[0]), found[1], codec is None or found[1] == codec)


def _is_wide(raw: bytes, codec: str | None) -> bool:
    """Tell whether NUL bytes belong to the encoding: UTF-16 or UTF-32."""
    return raw.startswith(tuple(bom for bom, name in _BOMS if name != "utf-8")) or (codec or "").startswith(
        ("utf-16", "utf-32")
    )


def _told(raw: bytes, codec: str | None, *, html: bool) -> tuple[str, str] | None:
    """Decode by what the mail itself says, if that is true."""
    for name in _claims(raw, codec, html=html):
        if (text := _attempt(raw, name)) is not None and not _is_utf8_after_all(raw, name):
            return text, name
    return None


def _claims(raw: bytes, codec: str | None, *, html: bool) -> Iterable[str]:
    for bom, name in _BOMS:
        if raw.startswith(bom):
            yield name
    if codec in (None, "ascii", "utf-8") and _JIS_ESCAPE.search(raw[:4_000]):
        yield "iso2022_jp"
    if codec is not None:
        yield codec
    if (
        html
        and (meta := _META.search(raw[:4_000]))
        and (named := codec_of(meta[1].decode("ascii", "ignore")))
    ):
        yield named


def _is_utf8_after_all(raw: bytes, codec: str) -> bool:
    """A text declared Western that is valid UTF-8 is UTF-8: the accident does not occur in real words."""
    return codec in _WESTERN and not raw.isascii() and _attempt(raw, "utf-8") is not None


def _found_out(raw: bytes, codec: str | None, hints: Iterable[str]) -> tuple[str, str]:
    """Decode when the claims failed."""
    if (text := _attempt(raw, "utf-8")) is not None:
        return text, "utf-8"
    for name in ("utf-8", codec):
        if name and (text := _mostly(raw, name)) is not None:
            return text, name
    if codec == "iso2022_jp":  # 8-bit Japanese under a 7-bit name
        hints = ("cp932", "euc_jp", *hints)
    return _hinted(raw, hints) or _detected(raw) or (_western(raw), "cp1252")


def _hinted(raw: bytes, hints: Iterable[str]) -> tuple[str, str] | None:
    named = [
        codec for hint in hints if (codec := codec_of(hint)) and codec not in ("ascii", "utf-8", "cp1252")
    ]
    for codec in dict.fromkeys(named):
        likely = guess(raw[:DETECT_BYTES], frozenset((codec,))) if codec in _MULTIBYTE else (codec, 1.0)
        if likely and (text := _attempt(raw, codec)) is not None:
            return text, codec
    return None


def _detected(raw: bytes) -> tuple[str, str] | None:
    if (likely := guess(raw)) and (text := _attempt(raw, likely[0])) is not None:
        return text, likely[0]
    if len(raw) < 200:  # the general detector answers at random below that
        return None
    best = from_bytes(raw[:DETECT_BYTES], threshold=0.15).best()
    if best is not None and (text := _attempt(raw, best.encoding)) is not None:
        return text, best.encoding
    return None


def _attempt(raw: bytes, codec: str) -> str | None:
    """Decode strictly, or return None."""
    if codec == "iso2022_jp":
        return _jis(raw)
    if codec == "cp1252":
        return _western(raw)
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _western(raw: bytes) -> str:
    """Windows-1252, its five unused bytes as in Latin-1 (the web's reading)."""
    return raw.decode("cp1252", "careline_latin1")


def _mostly(raw: bytes, codec: str) -> str | None:
    """Decode with `codec` when its errors are rare; stray bytes become Windows-1252."""
    if codec != "utf-8" and codec not in _MULTIBYTE:
        return None
    text = raw.decode(codec, "careline_mark")
    strays = sum(1 for char in text if "\udc80" <= char <= "\udcff")
    read = sum(1 for char in text if char > "\x7f") - strays
    # UTF-8 hardly ever looks valid by accident; the others often do.
    if read < (2 if codec == "utf-8" else 4) * strays:
        return None
    return raw.decode(codec, "careline_latin1")


def _jis(raw: bytes) -> str | None:
    """ISO-2022-JP with the vendors' additions: the standard forms, else by hand into cp932."""
    if not raw.isascii() and not _JIS_ESCAPE.search(raw):
        return None
    for codec in ("iso2022_jp", "iso2022_jp_2", "iso2022_jp_ext", "iso2022_jp_2004"):
        try:
            return raw.decode(codec)
        except UnicodeError:
            continue
    try:
        return _jis_by_hand(raw)
    except UnicodeError:
        return None


def _jis_by_hand(raw: bytes) -> str:
    pieces = _JIS_ESCAPE.split(raw)
    text = [pieces[0].decode("cp932")]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        text.append(_jis_run(escape, piece))
    return "".join(text)


def _jis_run(escape: bytes, piece: bytes) -> str:
    if escape == b"(I":  # half-width katakana
        return bytes(b | 0x80 if 0x21 <= b <= 0x5F else b for b in piece).decode("cp932")
    if not escape.startswith(b"$") or escape.startswith(b"$("):
        return piece.decode("cp932")
    return b"".join(_shift(piece[i : i + 2]) for i in range(0, len(piece), 2)).decode("cp932")


def _shift(pair: bytes) -> bytes:
    """Return a JIS X 0208 pair (ISO-2022) as Shift-JIS; anything else unchanged."""
    if len(pair) < 2 or not (0x21 <= pair[0] <= 0x7E and 0x21 <= pair[1] <= 0x7E):
        return pair
    high, low = (pair[0] + 1) // 2 + (0x70 if pair[0] < 0x5F else 0xB0), pair[1]
    low += 0x7E if pair[0] % 2 == 0 else (0x1F if low < 0x60 else 0x20)
    return bytes((high, low))


def _as_western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.start + 1]
    try:
        return stray.decode("cp1252"), error.start + 1
    except UnicodeDecodeError:
        return stray.decode("latin-1"), error.start + 1


def _as_mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return chr(0xDC00 + (error.object[error.start] | 0x80)), error.start + 1


codecs.register_error("careline_latin1", _as_western)
codecs.register_error("careline_mark", _as_mark)
