"""Names for attachments that are safe on every disk and honest to the eye."""

from __future__ import annotations

import mimetypes
import re

LENGTH = 150
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_FORBIDDEN = re.compile(r"[<>:\"|?*]")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)", re.I)
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "image/jpeg": ".jpg",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/x-pkcs7-mime": ".p7m",
    "message/delivery-status": ".txt",
    "text/rfc822-headers": ".txt",
    "message/disposition-notification": ".txt",
    "application/ms-tnef": ".dat",
}


def safe_name(name: str, kind: str, number: int) -> str:
    """Return a file name without path, controls, direction marks or reserved words.

    Parameters
    ----------
    name : str
        The sender's name for the file; may be empty.
    kind : str
        Media type, for the ending of a nameless file.
    number : int
        Place among the attachments, for the name of a nameless file.
    """
    plain = " ".join(_INVISIBLE.sub("", name).split())
    plain = plain.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = _FORBIDDEN.sub("_", plain).strip(" .") if plain.strip(" .") else ""
    if not plain:
        return f"{_stem(kind)}-{number}{extension(kind)}"
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    return _shortened(plain)


def extension(kind: str) -> str:
    """Return the usual ending for a media type, with its dot."""
    return _EXTENSIONS.get(kind) or mimetypes.guess_extension(kind, strict=False) or ".bin"


def unique_name(name: str, taken: set[str]) -> str:
    """Return `name`, numbered if some file of the same mail already has it, and remember it in `taken`."""
    candidate, count = name, 1
    stem, dot, ending = name.rpartition(".") if "." in name[1:] else (name, "", "")
    while candidate.casefold() in taken:
        count += 1
        candidate = f"{stem} ({count}){dot}{ending}"
    taken.add(candidate.casefold())
    return candidate


def _stem(kind: str) -> str:
    main = kind.partition("/")[0]
    return main if main in ("image", "audio", "video", "message") else "attachment"


def _shortened(name: str) -> str:
    if len(name) <= LENGTH:
        return name
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 12:
        return f"{stem[: LENGTH - len(ending) - 1].rstrip(' .')}.{ending}"
    return name[:LENGTH].rstrip(" .")
