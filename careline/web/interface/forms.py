"""A form that shows every kind of field; it is never saved."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As it stands above your replies."))
    address = forms.EmailField(label=_("Address"))
    team = forms.ChoiceField(label=_("Team"), choices=[("billing", "Billing"), ("delivery", "Delivery")])
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        required=False,
        choices=[("email", "Email"), ("chat", "Chat"), ("phone", "Phone")],
        widget=forms.CheckboxSelectMultiple,
    )
    picture = forms.FileField(label=_("Picture"), required=False)
    active = forms.BooleanField(label=_("Takes new tickets"), required=False)
