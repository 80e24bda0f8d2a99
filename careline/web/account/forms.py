"""What people say about themselves."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from careline.web.zones import ZoneField


class ProfileForm(forms.Form):
    """How one appears, and how one wants to read."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Customers see it under your answers.")
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser asks")), *settings.LANGUAGES]
    )
    time_zone = ZoneField(label=_("Time zone"), required=False, empty=_("The operation's time zone"))
    theme = forms.ChoiceField(
        label=_("Appearance"),
        required=False,
        choices=[("", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Goes under every answer you send."),
    )
