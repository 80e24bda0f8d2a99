"""What the first-run pages ask."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from babel import Locale
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from careline.core import directory
from careline.web.addresses import addresses
from careline.web.zones import ZoneField, zone_names

DAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
INTERVAL = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|to|bis)\s*(\d{1,2})(?:[:.](\d{2}))?")
SECURITY = [
    ("tls", gettext_lazy("TLS")),
    ("starttls", gettext_lazy("STARTTLS")),
    ("none", gettext_lazy("None (only on a trusted network)")),
]


class AdministratorForm(forms.Form):
    """The first person who signs in."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "At least ten characters. A few words in a row are easy to remember and hard to guess."
        ),
    )
    zone = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-guess-zone": ""})
    )

    def clean_zone(self) -> str:
        given: str = self.cleaned_data["zone"]
        return given if given in zone_names() else ""


class BrandForm(forms.Form):
    """Under which name customers know the operation, and how it lives."""

    name = forms.CharField(
        label=gettext_lazy("Name that customers see"),
        max_length=80,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "organization"}),
        help_text=gettext_lazy("Your company or product. It stands in the mails you send."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    time_zone = ZoneField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Your days begin and end by it.")
    )


def parse_hours(text: str) -> list[list[str]]:
    """Read "9-12, 13:00-17:30" as intervals of a day; nothing means closed.

    Raises
    ------
    ValidationError
        It cannot be read so, or the intervals overlap.
    """
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    spans = sorted(_interval(part) for part in parts)
    for (_start, end), (start, _end) in pairwise(spans):
        if start < end:
            raise ValidationError(_("These times overlap. Give each hour once."))
    return [[_clock(start), _clock(end)] for start, end in spans]


def _interval(part: str) -> tuple[int, int]:
    found = INTERVAL.fullmatch(part)
    if not found:
        raise ValidationError(_("Write times as 09:00-17:00; separate several with a comma."))
    start = int(found[1]) * 60 + int(found[2] or 0)
    end = int(found[3]) * 60 + int(found[4] or 0)
    if max(int(found[2] or 0), int(found[4] or 0)) > 59 or end > 24 * 60 or start >= end:
        raise ValidationError(
            _("“%(part)s” is no stretch of one day. Begin before you end, at 24:00 at the latest.")
            % {"part": part}
        )
    return start, end


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def say_hours(intervals: list[list[str]]) -> str:
    """Return intervals as they are typed."""
    return ", ".join("-".join(pair) for pair in intervals)


def countries() -> list[tuple[str, str]]:
    """Return (code, name) of the countries whose public holidays are known, in the reader's language."""
    import holidays

    names = Locale.parse(get_language() or "en", sep="-").territories
    known = [
        (code, str(names.get(code, code)))
        for code in holidays.list_supported_countries(include_aliases=False)
    ]
    return [("", _("No public holidays")), *sorted(known, key=lambda pair: pair[1])]


class HoursForm(forms.Form):
    """When customers can count on somebody."""

    country = forms.ChoiceField(
        label=gettext_lazy("Closed on the public holidays of"),
        required=False,
        choices=countries,
        widget=forms.Select(attrs={"data-combobox": ""}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for day, label in DAYS.items():
            box = forms.TextInput(
                attrs={"placeholder": _("closed"), "inputmode": "text", "autocomplete": "off"}
            )
            self.fields[day] = forms.CharField(label=label, required=False, max_length=120, widget=box)

    def days(self) -> list[forms.BoundField]:
        """Return the fields of the week, Monday first."""
        return [self[day] for day in DAYS]

    def with_monday_copied(self) -> HoursForm:
        """Return the form as typed, with Monday's hours on all weekdays."""
        typed = {key: self.data.get(key, "") for key in self.fields}
        return HoursForm(initial=typed | dict.fromkeys(("tue", "wed", "thu", "fri"), typed["mon"]))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        week = {}
        for day in DAYS:
            try:
                week[day] = parse_hours(given.get(day) or "")
            except ValidationError as error:
                self.add_error(day, error)
        if not self.errors and not any(week.values()):
            raise ValidationError(_("Open on at least one day, or promises about time could never be kept."))
        return given | {"week": {day: spans for day, spans in week.items() if spans}}


class MailboxForm(forms.Form):
    """One address that customers write to, and how its mail comes and goes."""

    address = forms.EmailField(
        label=gettext_lazy("Address that customers write to"),
        widget=forms.EmailInput(attrs={"placeholder": "help@example.com"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("How its mail comes in"),
        choices=[
            ("imap", gettext_lazy("We fetch it by IMAP")),
            ("smtp", gettext_lazy("Your server sends it here by SMTP")),
        ],
        widget=forms.RadioSelect,
        initial="imap",
    )
    imap_host = forms.CharField(label=gettext_lazy("IMAP server"), max_length=255, required=False)
    imap_port = forms.IntegerField(
        label=gettext_lazy("Port"), min_value=1, max_value=65535, required=False, initial=993
    )
    imap_security = forms.ChoiceField(
        label=gettext_lazy("Security"), choices=SECURITY, required=False, initial="tls"
    )
    user = forms.CharField(
        label=gettext_lazy("User"),
        max_length=255,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Mostly the address itself."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept encrypted. Many providers want an app password here."),
    )
    smtp_host = forms.CharField(label=gettext_lazy("SMTP server for sending"), max_length=255)
    smtp_port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
    smtp_security = forms.ChoiceField(label=gettext_lazy("Security"), choices=SECURITY, initial="starttls")
    smtp_login = forms.BooleanField(
        label=gettext_lazy("The SMTP server wants the same user and password"), required=False, initial=True
    )

    def clean_address(self) -> str:
        return str(self.cleaned_data["address"]).lower()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("kind") == "imap":
            for name in ("imap_host", "imap_port", "imap_security"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, _("Needed to fetch mail by IMAP."))
            if not given.get("password"):
                self.add_error("password", _("Needed to fetch mail by IMAP."))
            given["user"] = given.get("user") or given.get("address", "")
        return given


class TeamForm(forms.Form):
    """Colleagues to invite, all with one role; send it again for the next role."""

    emails = forms.CharField(
        label=gettext_lazy("Mail addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        help_text=gettext_lazy("One a line, or separated by commas."),
    )
    role = forms.TypedChoiceField(
        label=gettext_lazy("They join as"), coerce=int, choices=directory.role_choices
    )

    def clean_emails(self) -> list[str]:
        return addresses(self.cleaned_data["emails"])
