"""Public holidays, from the `holidays` library."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from babel import Locale

YEARS_AHEAD = 2


class NoSuchCountry(Exception):
    """No public holidays are known for it."""


@dataclass(frozen=True)
class FreeDay:
    """One public holiday."""

    date: date
    name: str


@lru_cache(maxsize=256)
def of_year(country: str, year: int, language: str = "") -> tuple[FreeDay, ...]:
    """Return the public holidays of a country ("DE") or part of one ("DE-HH") in one year.

    Raises
    ------
    NoSuchCountry
        The library knows none.
    """
    if not country:
        return ()
    import holidays

    land, _dash, part = country.partition("-")
    try:
        known = holidays.country_holidays(
            land, subdiv=part or None, years=year, language=_language(land, language)
        )
    except (NotImplementedError, ValueError) as error:
        raise NoSuchCountry(country) from error
    return tuple(FreeDay(day, name) for day, name in sorted(known.items()))


def _language(country: str, wanted: str) -> str | None:
    import holidays

    # Never the machine's: the names on which a desk works are kept, and must be the same everywhere.
    known = getattr(holidays, country, None)
    offered = getattr(known, "supported_languages", ()) if wanted else ()
    own: str | None = getattr(known, "default_language", None)
    return next((one for one in offered if one.partition("_")[0] == wanted.partition("-")[0]), own)


def closed_dates(country: str, open_holidays: Iterable[str], *, now: datetime) -> set[str]:
    """Return the dates on which a desk is closed: last year's holidays to those in two years' time.

    `open_holidays` names, in the country's own language, those on which it works.
    """
    kept_open = set(open_holidays)
    years = range(now.year - 1, now.year + YEARS_AHEAD + 1)
    days = [day for year in years for day in of_year(country, year)]
    return {day.date.isoformat() for day in days if day.name not in kept_open}


@lru_cache(maxsize=32)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Return (code, name) of the countries whose public holidays are known, by their names in a language."""
    import holidays

    names = Locale.parse(language, sep="-").territories
    known = holidays.list_supported_countries(include_aliases=False)
    return tuple(sorted(((code, str(names.get(code, code))) for code in known), key=lambda pair: pair[1]))


def parts_of(country: str) -> list[tuple[str, str]]:
    """Return the parts of a country that have holidays of their own, as (code, name)."""
    import holidays

    land = country.partition("-")[0]
    found = getattr(holidays, land, None)
    if found is None:
        return []
    names = {code: alias for alias, code in getattr(found, "subdivisions_aliases", {}).items()}
    return [(f"{land}-{code}", names.get(code, code)) for code in found.subdivisions]
