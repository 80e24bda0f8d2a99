"""How addresses are written down, so that the same one is always the same text; and how they are shown."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import phonenumbers
from babel.core import get_global

Kind = Literal["email", "phone"]
KINDS: tuple[Kind, ...] = ("email", "phone")
LONGEST = 320
LONGEST_NAME = 200

# Wider than what people should choose, as wide as what mails really carry ("a..b@docomo.example").
_LOCAL = re.compile(r"[^\s<>()\[\],;:\\\"@]{1,256}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LITERAL = re.compile(r"\[(?:ipv6:)?[0-9a-f.:]{3,45}\]")


class NotAnAddress(ValueError):
    """The text is neither an e-mail address nor a phone number that could exist."""


class NotADomain(ValueError):
    """The text is not a mail domain such as example.org."""


def normal(kind: str, text: str, region: str = "") -> str:
    """Return an address as it is kept: e-mail in lower case, phone as E.164.

    Raises
    ------
    NotAnAddress
        It is none of its kind.
    """
    return normal_phone(text, region) if kind == "phone" else normal_email(text)


def normal_email(text: str) -> str:
    """Return an e-mail address in lower case, its domain as ASCII.

    Raises
    ------
    NotAnAddress
        It is not one.
    """
    local, _at, domain = visible(text).strip().rpartition("@")
    try:
        value = f"{local.lower()}@{_host(domain)}"
    except NotADomain as error:
        raise NotAnAddress("no mail domain behind the @") from error
    if not _LOCAL.fullmatch(local) or len(value) > LONGEST:
        raise NotAnAddress("no name before the @")
    return value


def normal_phone(text: str, region: str = "") -> str:
    """Return a phone number as E.164; a national number is read as one of `region` ("LV").

    Raises
    ------
    NotAnAddress
        It cannot be dialled, or has an extension, which E.164 would lose.
    """
    try:
        number = phonenumbers.parse(visible(text), region or None)
    except phonenumbers.NumberParseException as error:
        raise NotAnAddress("no phone number") from error
    if number.extension or not phonenumbers.is_possible_number(number):
        raise NotAnAddress("no phone number that can be dialled")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_domain(text: str) -> str:
    """Return the mail domain in what somebody typed ("@Example.ORG", "https://www.example.org/").

    Raises
    ------
    NotADomain
        There is none.
    """
    bare = re.sub(r"^[a-z]+://", "", visible(text).strip().lower()).split("/")[0].rpartition("@")[2]
    value = _host(bare.removeprefix("www."))
    if "." not in value or value.startswith("[") or value.rpartition(".")[2].isdigit():
        raise NotADomain("a mail domain has a dot and a name behind it")
    return value


def domain_of(email: str) -> str:
    """Return the domain of a normal e-mail address."""
    return email.rpartition("@")[2]


def region_of(time_zone: str) -> str:
    """Return the country whose people live by this time zone ("LV" for Europe/Riga), or an empty string."""
    found = get_global("zone_territories").get(time_zone, "")
    return found if len(found) == 2 and found != "ZZ" else ""


def shown(kind: str, value: str) -> str:
    """Return an address as people read it: phones in groups, domains in their own script."""
    if kind == "phone":
        number = phonenumbers.parse(value)
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    local, at, domain = value.rpartition("@")
    return f"{local}{at}{shown_domain(domain)}"


def shown_domain(domain: str) -> str:
    """Return a domain in its own script; one that mixes scripts stays as it is, for it may be a disguise."""
    try:
        spelled = ".".join(_spelled(label) for label in domain.split("."))
    except UnicodeError:
        return domain
    return spelled if len(_scripts(spelled)) <= 1 else domain


def clean_name(text: str) -> str:
    """Return a name on one line, without signs that nobody sees, short enough to keep."""
    return " ".join(visible(text.replace("\n", " ").replace("\t", " ")).split())[:LONGEST_NAME].strip()


def visible(text: str) -> str:
    """Return the text without control and format characters; line ends and tabs stay."""
    return "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
    )


def _host(domain: str) -> str:
    name = unicodedata.normalize("NFKC", domain.strip()).lower().replace("。", ".").rstrip(".")
    if _LITERAL.fullmatch(name):
        return name
    labels = [
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in name.split(".")
    ]
    host = ".".join(labels)
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise NotADomain("a label is empty, too long or has a sign that domains do not have")
    return host


def _spelled(label: str) -> str:
    return label.removeprefix("xn--").encode().decode("punycode") if label.startswith("xn--") else label


def _scripts(text: str) -> set[str]:
    # The first word of a letter's name is its script; Latin letters of the endings (.com) do not count.
    labels = text.split(".")[:-1] or [text]
    return {unicodedata.name(c, "?").split()[0] for label in labels for c in label if c.isalpha()}
