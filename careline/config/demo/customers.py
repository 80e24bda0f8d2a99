"""Nine thousand invented buyers, and the companies some of them write for."""

from __future__ import annotations

from datetime import datetime, timedelta

from careline.config.demo.dice import Dice
from careline.config.demo.records import NOBODY, Customer, Organisation
from careline.config.demo.words import read

GERMAN_SHARE, COMPANY_SHARE, PHONE_SHARE, SECOND_ADDRESS_SHARE, VIP_SHARE = 0.32, 0.09, 0.4, 0.14, 0.02
ADA = ("Ada", "Marlow")

MAIL_HOSTS = {
    "en": ("postbox.example", "inbox.example", "mailfold.example", "letters.example", "quickmail.example"),
    "de": ("postfach.example", "briefkasten.example", "netzpost.example", "mailhafen.example"),
}
# Number ranges that the regulators of both countries keep free for fiction.
UK_AREAS = (113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161)
DE_AREAS = (3023125, 22147101, 4066969, 6990009, 8999998)
PLAIN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", " ": "", "'": ""})


def found_organisations(count: int, *, dice: Dice) -> tuple[Organisation, ...]:
    """Return companies with a mail domain each."""
    firms, cities = read("names")["firms"], read("names")["cities"]
    pairs = [(a, b) for b in firms["names"] for a in firms["kinds"]]
    made = []
    for index in range(count):
        a, b = pairs[index % len(pairs)]
        town = dice.pick(cities["en"] + cities["de"])
        name = f"{a} {b}" if index < len(pairs) else f"{a} {b} {town}"
        domain = f"{_plain(a)}-{_plain(b)}" + ("" if index < len(pairs) else str(index))
        made.append(Organisation(index, name, f"{domain}.example"))
    return tuple(made)


def invent_customers(
    count: int, *, organisations: tuple[Organisation, ...], start: datetime, dice: Dice
) -> tuple[Customer, ...]:
    """Return `count` buyers; the first of them is Ada."""
    used: set[str] = set()
    return tuple(_customer(index, organisations, start, dice, used) for index in range(count))


def _customer(
    number: int, organisations: tuple[Organisation, ...], start: datetime, dice: Dice, used: set[str]
) -> Customer:
    language = "de" if number and dice.chance(GERMAN_SHARE) else "en"
    names = read("names")
    first, last = (dice.pick(names["first"][language]), dice.pick(names["last"][language])) if number else ADA
    firm = dice.pick(organisations) if organisations and number and dice.chance(COMPANY_SHARE) else None
    emails = [_email(first, last, firm.domain if firm else dice.pick(MAIL_HOSTS[language]), used)]
    if dice.chance(SECOND_ADDRESS_SHARE):
        emails.append(_email(first, last, dice.pick(MAIL_HOSTS[language]), used))
    house = dice.whole(1, 140)
    street = dice.pick(names["streets"][language])
    return Customer(
        number=number,
        first=first,
        last=last,
        language=language,
        emails=tuple(emails),
        phone=_phone(number, language) if dice.chance(PHONE_SHARE) else "",
        city=dice.pick(names["cities"][language]),
        street=f"{street} {house}" if language == "de" else f"{house} {street}",
        zone="Europe/Berlin" if language == "de" else "Europe/London",
        organisation=firm.number if firm else NOBODY,
        vip=dice.chance(VIP_SHARE),
        since=start - timedelta(days=dice.between(0, 1400)),
    )


def _email(first: str, last: str, host: str, used: set[str]) -> str:
    name = f"{_plain(first)}.{_plain(last)}"
    address, number = f"{name}@{host}", 1
    while address in used:
        number += 1
        address = f"{name}{number}@{host}"
    used.add(address)
    return address


def _phone(index: int, language: str) -> str:
    area, local = divmod(index, 1000)
    areas = DE_AREAS if language == "de" else UK_AREAS
    if area >= len(areas):  # the free ranges are used up
        return ""
    return f"+49{areas[area]}{local:03d}" if language == "de" else f"+44{areas[area]}4960{local:03d}"


def _plain(name: str) -> str:
    return name.lower().translate(PLAIN)
