"""What the pages about fields ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from careline.web.templatetags.parts import STATUS_WORDS

MEANINGS: dict[str, str | Promise] = {
    "new": _("nobody has looked at it"),
    "open": _("we owe something"),
    "waiting": _("promises rest as the policy says"),
    "hold": _("something else has to happen first"),
    "solved": _("done; opens again when the customer writes"),
    "closed": _("done for good"),
}
CATEGORIES = [(key, format_lazy("{}: {}", STATUS_WORDS[key], words)) for key, words in MEANINGS.items()]


class StatusForm(forms.Form):
    """What a status is called."""

    name = forms.CharField(label=_("Name"), max_length=60)


class NewStatusForm(StatusForm):
    """A status that is added."""

    category = forms.ChoiceField(label=_("What it means"), choices=CATEGORIES, initial="open")


class ReasonForm(forms.Form):
    """What a contact reason is called."""

    name = forms.CharField(label=_("Name"), max_length=80)


class _WithParent(forms.Form):
    def __init__(self, *args: Any, parents: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["parent"].choices = [("", _("At the top")), *parents]  # type: ignore[attr-defined]


class NewReasonForm(ReasonForm, _WithParent):
    """A contact reason that is added."""

    parent = forms.TypedChoiceField(
        label=_("Below"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"data-combobox": ""}),
    )


class PlaceForm(_WithParent):
    """Where a contact reason sits."""

    parent = NewReasonForm.base_fields["parent"]


class TagForm(forms.Form):
    """What a tag is called."""

    name = forms.CharField(label=_("Name"), max_length=60)


class MergeForm(forms.Form):
    """Into which tag another one goes."""

    into = forms.TypedChoiceField(
        label=_("Into"), coerce=int, widget=forms.Select(attrs={"data-combobox": ""})
    )

    def __init__(self, *args: Any, tags: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["into"].choices = tags  # type: ignore[attr-defined]


class ViewForm(forms.Form):
    """What a shared view is called."""

    name = forms.CharField(label=_("Name"), max_length=80)
