"""What the setup pages ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from careline.core import directory
from careline.web.addresses import addresses
from careline.web.zones import ZoneField


class _WithRoles(forms.Form):
    roles = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Roles"),
        coerce=int,
        choices=directory.role_choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one role; it says what they may do.")},
    )
    teams = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Teams"),
        coerce=int,
        required=False,
        choices=directory.team_choices,
        widget=forms.CheckboxSelectMultiple,
    )


class InviteForm(_WithRoles):
    """Several addresses, invited with the same roles and teams."""

    emails = forms.CharField(
        label=gettext_lazy("Mail addresses"),
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text=gettext_lazy("One a line, or separated by commas."),
    )
    field_order = ("emails", "roles", "teams")

    def clean_emails(self) -> list[str]:
        return addresses(self.cleaned_data["emails"])


class UserForm(_WithRoles):
    """What an administrator changes about somebody."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    leads = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Leads"),
        coerce=int,
        required=False,
        choices=directory.team_choices,
        widget=forms.CheckboxSelectMultiple,
    )
    aliases = forms.CharField(
        label=gettext_lazy("Further addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Mail from these addresses counts as theirs, not as a customer's."),
    )
    field_order = ("name", "roles", "teams", "leads", "aliases")

    def clean_aliases(self) -> list[str]:
        return addresses(self.cleaned_data["aliases"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        # Who leads a team is in it, whether or not both boxes were ticked.
        given["teams"] = sorted({*given.get("teams", []), *given.get("leads", [])})
        return given


class PeopleFilterForm(forms.Form):
    """Which people to list; nonsense in the address filters nothing."""

    q = forms.CharField(required=False, max_length=100)
    role = forms.IntegerField(required=False, max_value=2**62)
    team = forms.IntegerField(required=False, max_value=2**62)
    state = forms.ChoiceField(required=False, choices=[("", ""), *((s, s) for s in directory.STATES)])
    after = forms.IntegerField(required=False, max_value=2**62)


class TeamForm(forms.Form):
    """What a team is called and where it sits."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    site = forms.CharField(
        label=gettext_lazy("Site"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Where the team sits, if it matters."),
    )
    time_zone = ZoneField(label=gettext_lazy("Time zone"))


class TeamPeopleForm(forms.Form):
    """Who is in a team, and who leads it."""

    people = forms.TypedMultipleChoiceField(coerce=int, required=False)
    leads = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        everybody = [(user.pk, user.name) for user in directory.active_people()]
        self.fields["people"].choices = everybody  # type: ignore[attr-defined]
        self.fields["leads"].choices = everybody  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """A role of one's own."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    copy_of = forms.TypedChoiceField(
        label=gettext_lazy("Begin with what this role may do"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=lambda: [("", _("Nothing")), *directory.role_choices()],
    )


class RoleNameForm(forms.Form):
    """What a role is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=40)


class GrantForm(forms.Form):
    """One cell of the permission matrix."""

    permission = forms.CharField(max_length=60)
    reach = forms.CharField(max_length=4)


class OperationForm(forms.Form):
    """What the operation is called and how it lives."""

    name = forms.CharField(label=gettext_lazy("Name of the operation"), max_length=80)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("For mails and for people who have chosen none."),
    )
    time_zone = ZoneField(
        label=gettext_lazy("Time zone"), help_text=gettext_lazy("Days and reports begin and end by it.")
    )


class BrandForm(forms.Form):
    """The name under which customers know the operation."""

    name = forms.CharField(label=gettext_lazy("Name that customers see"), max_length=120)
    token = forms.RegexField(
        regex=r"^[\w-]*$",
        label=gettext_lazy("Word in subject lines"),
        max_length=12,
        required=False,
        help_text=gettext_lazy("Mails carry it with the number of the conversation: [Lumen #17]."),
        error_messages={"invalid": gettext_lazy("Use letters, digits and hyphens only.")},
    )
    signature = forms.CharField(
        label=gettext_lazy("Under every mail"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class TrailForm(forms.Form):
    """Which events to list."""

    about = forms.CharField(required=False, max_length=60)
    who = forms.IntegerField(required=False, max_value=2**62)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    older = forms.IntegerField(required=False, max_value=2**62)
    newer = forms.IntegerField(required=False, max_value=2**62)
