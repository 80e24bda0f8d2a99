"""Links that are not what they seem."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from lxml.html import HtmlElement

_HOST_IN_TEXT = re.compile(
    r"^\s*(?:https?://|www\.)?((?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,24})(?:[/:?#]\S*)?\s*$", re.I
)
_FILE_ENDINGS = frozenset(
    [
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "png",
        "jpg",
        "jpeg",
        "gif",
        "txt",
        "zip",
        "html",
        "htm",
        "csv",
        "py",
        "md",
        "exe",
    ]
)


def mark_link(link: HtmlElement) -> bool:
    """Set ``data-warning`` on a link whose words name another host than its address, or whose host may
    deceive.

    Parameters
    ----------
    link : HtmlElement
        An ``a`` element; changed in place.

    Returns
    -------
    bool
        True when it was marked.
    """
    link.attrib.pop("data-warning", None)
    host = host_of(link.get("href") or "")
    if not host:
        return False
    words = "".join(link.itertext())[:300]
    if warning := warning_for(host, words):
        link.set("data-warning", warning)
        return True
    return False


def warning_for(host: str, words: str) -> str:
    """Return why a link to `host` shown as `words` deserves a second look: ``other-host``, ``lookalike``
    or nothing.

    Parameters
    ----------
    host : str
        Host of the address, lower case.
    words : str
        What the reader sees.
    """
    if "xn--" in host or not host.isascii():
        return "lookalike" if mixes_scripts(host) or "xn--" in host else ""
    named = named_host(words)
    if named and named != host and not _same_site(named, host):
        return "other-host"
    return ""


def host_of(address: str) -> str:
    """Return the host of a web address in lower case, or an empty string."""
    try:
        parts = urlsplit(address.strip())
        return (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https", "ftp") else ""
    except ValueError:
        return ""


def named_host(words: str) -> str:
    """Return the host that link words name, or an empty string when they name none."""
    found = _HOST_IN_TEXT.match(words)
    if not found or found[1].rpartition(".")[2].lower() in _FILE_ENDINGS:
        return ""
    return found[1].lower()


def mixes_scripts(host: str) -> bool:
    """Tell whether one label of a host mixes Latin with another alphabet."""
    return any(len({_script(char) for char in label if char.isalpha()}) > 1 for label in host.split("."))


def _script(char: str) -> str:
    return unicodedata.name(char, "?").split(" ")[0].replace("HIRAGANA", "CJK").replace("KATAKANA", "CJK")


def _same_site(one: str, other: str) -> bool:
    """``www.shop.example`` and ``mail.shop.example`` belong together; ``shop.example.evil.test`` does not."""
    return one.endswith(f".{other}") or other.endswith(f".{one}") or _site(one) == _site(other)


def _site(host: str) -> str:
    labels = host.split(".")
    # Second-level registries such as co.uk, com.au: keep three labels.
    keep = 3 if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else 2
    return ".".join(labels[-keep:])
