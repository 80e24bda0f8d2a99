"""What the customer pages ask."""

from __future__ import annotations

from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from careline.customers import queries
from careline.web.zones import ZoneField

COMBOBOX = {"data-combobox": ""}
NOT_MAIL = gettext_lazy("That is not a mail address. One looks like ada@example.org.")
NOT_PHONE = gettext_lazy(
    "That is not a phone number one can dial. Write it with its country code, such as +44 113 496 0123."
)
NOT_DOMAIN = gettext_lazy("That is not a mail domain. One looks like example.org.")


def language_choices() -> list[tuple[str, str]]:
    """Return (code, name) of the languages people write, named in the reader's own."""
    names = Locale.parse(get_language() or "en", sep="-").languages
    known = [(code, name[:1].upper() + name[1:]) for code, name in names.items() if len(code) == 2]
    return [("", _("Not known")), *sorted(known, key=lambda pair: pair[1])]


def language_name(code: str) -> str:
    """Return what a language is called in the reader's own."""
    return dict(language_choices()).get(code, code) if code else ""


def organisation_field(**options: Any) -> forms.TypedChoiceField:
    """Return a box to choose an organisation in by typing."""
    return forms.TypedChoiceField(
        label=gettext_lazy("Organisation"),
        coerce=int,
        required=False,
        empty_value=None,
        choices=lambda: [("", _("None")), *queries.organisation_choices()],
        widget=forms.Select(attrs=COMBOBOX),
        **options,
    )


class NewPersonForm(forms.Form):
    """Somebody we want to know before they write."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    email = forms.CharField(
        label=gettext_lazy("Mail address"),
        max_length=320,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    organisation = organisation_field(
        help_text=gettext_lazy("Left empty, the domain of the mail address decides.")
    )
    vip = forms.BooleanField(label=gettext_lazy("VIP"), required=False)

    def clean_email(self) -> str:
        return checked_email(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not any(given.get(key) for key in ("name", "email", "phone")):
            raise ValidationError(_("Give a name, a mail address or a phone number."))
        return given


def checked_email(text: str) -> str:
    """Return a typed mail address as it is kept; stricter than for mail, to catch slips of the finger.

    Raises
    ------
    ValidationError
        Nobody has such an address.
    """
    if not text.strip():
        return ""
    try:
        value = queries.normal_email(text)
        local, _at, domain = value.rpartition("@")
        # Letters beyond English are fine before the @; Django's own check does not know them.
        validate_email(f"{local if local.isascii() else 'x'}@{domain}")
    except (queries.NotAnAddress, ValidationError) as error:
        raise ValidationError(str(NOT_MAIL)) from error
    return value


class PersonForm(forms.Form):
    """What is known of a person besides addresses."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    organisation = organisation_field()
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=language_choices,
        widget=forms.Select(attrs=COMBOBOX),
    )
    time_zone = ZoneField(label=gettext_lazy("Time zone"), required=False, empty=gettext_lazy("Not known"))
    vip = forms.BooleanField(
        label=gettext_lazy("VIP"),
        required=False,
        help_text=gettext_lazy("Views and service level policies can treat them differently."),
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For colleagues; customers never see them."),
    )


class AddressForm(forms.Form):
    """One more way to reach somebody; the @ tells a mail address from a phone number."""

    value = forms.CharField(
        label=gettext_lazy("Mail address or phone number"),
        max_length=320,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Write a mail address or a phone number.")},
    )

    def clean_value(self) -> str:
        value: str = self.cleaned_data["value"]
        if "@" in value or any(char.isalpha() for char in value):
            return checked_email(value)
        return value

    @property
    def kind(self) -> Any:
        """Return what was given."""
        return "email" if "@" in self.cleaned_data["value"] else "phone"


class OrganisationForm(forms.Form):
    """What is known of an organisation."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True})
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For colleagues; customers never see them."),
    )


class NewOrganisationForm(OrganisationForm):
    """A new organisation, perhaps with its mail domain."""

    domain = forms.CharField(
        label=gettext_lazy("Mail domain"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Whoever writes from it joins the organisation, such as example.org."),
    )
    field_order = ("name", "domain", "notes")


class DomainForm(forms.Form):
    """One mail domain."""

    name = forms.CharField(
        label=gettext_lazy("Mail domain"),
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
        error_messages={"required": gettext_lazy("Write a mail domain, such as example.org.")},
    )


class ListForm(forms.Form):
    """What a list is narrowed to; nonsense in the address narrows nothing."""

    q = forms.CharField(required=False, max_length=100)
    show = forms.ChoiceField(required=False, choices=[(one, one) for one in queries.SHOWN])
    sort = forms.ChoiceField(required=False, choices=[(one, one) for one in queries.ORDERS])
    organisation = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
