"""What the screens of conversations ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careline.web.addresses import addresses
from careline.web.tickets.choices import Offered, priority_choices

MOST_FILES = 30
LARGEST = 25_000_000  # what most mail servers take, attachments swollen by a third


class FilesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, with a limit on what a mail can carry."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", FilesInput(attrs={"data-files": "", "multiple": True}))
        super().__init__(required=False, **options)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        files = [super(FilesField, self).clean(one) for one in data or []]
        if len(files) > MOST_FILES:
            raise ValidationError(_("Attach at most %(most)s files to one message.") % {"most": MOST_FILES})
        if sum(one.size for one in files) > LARGEST:
            raise ValidationError(
                _("Together these files are larger than 25 MB. Most mail servers would refuse them.")
            )
        return files


class AddressesField(forms.CharField):
    """Mail addresses in one line."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr", "inputmode": "email"})
        super().__init__(required=False, max_length=2000, widget=widget, **options)

    def clean(self, value: Any) -> list[str]:
        return addresses(super().clean(value))


class ReplyForm(forms.Form):
    """An answer to the customer, or a note among colleagues."""

    kind = forms.ChoiceField(choices=[("out", "out"), ("note", "note")])
    to = forms.ChoiceField(
        label=gettext_lazy("To"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose one of the customer's addresses.")},
    )
    cc = AddressesField(label=gettext_lazy("Cc"))
    bcc = AddressesField(label=gettext_lazy("Bcc"))
    text = forms.CharField(
        required=False,
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "id": "composer-text",
                "rows": 2,
                "dir": "auto",
                "placeholder": gettext_lazy("Write an answer, or a note for your colleagues"),
            }
        ),
    )
    attachments = FilesField()
    version = forms.IntegerField(required=False)
    anyway = forms.IntegerField(required=False)
    status = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={
            "invalid_choice": gettext_lazy("That status is no longer offered. Choose another one.")
        },
    )

    def __init__(self, *given: Any, offered: Offered, to: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["to"].choices = [(address, address) for address in to]  # type: ignore[attr-defined]
        self.fields["status"].choices = [("", ""), *offered.status_choices()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not given.get("text", "").strip() and not given.get("attachments"):
            self.add_error("text", _("Write something, or attach a file."))
        return given


class NewForm(forms.Form):
    """A conversation that we begin."""

    address = forms.EmailField(
        label=gettext_lazy("Customer's mail address"),
        max_length=320,
        widget=forms.EmailInput(attrs={"list": "known-people", "autofocus": True, "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Customer's name"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Only for somebody who is new here."),
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=300)
    text = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
    )
    attachments = FilesField(label=gettext_lazy("Files"))
    team = forms.TypedChoiceField(label=gettext_lazy("Team"), required=False, coerce=int, empty_value=None)
    assignee = forms.TypedChoiceField(
        label=gettext_lazy("Assigned to"), required=False, coerce=int, empty_value=None
    )
    priority = forms.TypedChoiceField(label=gettext_lazy("Priority"), coerce=int)

    def __init__(self, *given: Any, offered: Offered, **options: Any) -> None:
        super().__init__(*given, **options)
        choices = {
            "team": [("", _("No team")), *offered.teams],
            "assignee": [("", _("Nobody")), *offered.people],
            "priority": priority_choices(),
        }
        people = {
            "hx-get": reverse("tickets:new_people"),
            "hx-target": "#known-people",
            "hx-swap": "innerHTML",
        }
        self.fields["address"].widget.attrs |= people | {"hx-trigger": "input changed delay:150ms"}
        for field, said in choices.items():
            self.fields[field].choices = said  # type: ignore[attr-defined]


class ViewForm(forms.Form):
    """The name of a list that is saved as a view."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=forms.TextInput(attrs={"autofocus": True})
    )
    shared = forms.BooleanField(
        label=gettext_lazy("Everybody has this view"),
        required=False,
        help_text=gettext_lazy("Else it is yours alone. Nobody sees more conversations than they may."),
    )

    def __init__(self, *given: Any, may_share: bool = False, **options: Any) -> None:
        super().__init__(*given, **options)
        if not may_share:
            del self.fields["shared"]


class BulkForm(forms.Form):
    """What is to change about the selected conversations; empty fields change nothing."""

    status = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    priority = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    team = forms.CharField(required=False, max_length=20)
    reason = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    add = forms.MultipleChoiceField(required=False)
    remove = forms.MultipleChoiceField(required=False)

    def __init__(self, *given: Any, offered: Offered, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["status"].choices = [("", ""), *offered.status_choices()]  # type: ignore[attr-defined]
        self.fields["priority"].choices = [("", ""), *priority_choices()]  # type: ignore[attr-defined]
        for name in ("add", "remove"):
            # Free words; the action says which of them cannot be tags.
            self.fields[name].valid_value = lambda value: True  # type: ignore[attr-defined]
