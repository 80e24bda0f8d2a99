"""Choosing a time zone."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.functional import Promise

AREAS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)


@lru_cache
def zone_names() -> tuple[str, ...]:
    """Return the time zones people live in, by area and city; UTC first."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(AREAS)))


class ZoneField(forms.ChoiceField):
    """A time zone by its IANA name, found by typing."""

    def __init__(self, *, empty: str | Promise = "", **options: Any) -> None:
        zones = [(name, name.replace("_", " ")) for name in zone_names()]
        first = [("", empty)] if empty else []
        options.setdefault("widget", forms.Select(attrs={"data-combobox": ""}))
        super().__init__(choices=[*first, *zones], **options)
