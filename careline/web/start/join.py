"""The way in for somebody who was invited."""

from __future__ import annotations

from django import forms
from django.contrib.auth import login
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from careline.core import directory
from careline.core import settings as choices
from careline.core.actions import users
from careline.web.door import Request, open_to_all
from careline.web.page import go, page

TEMPLATE = "start/join.html"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class JoinForm(forms.Form):
    """Who one is, and the password one will sign in with."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters. A few words in a row are easy to remember and hard to guess."),
    )


@open_to_all("the invitation's secret word is the key")
def join(request: Request, token: str) -> HttpResponse:
    """Show the invitation; a POST accepts it and signs in."""
    invited = directory.invited_by(token, now=request.now)
    if invited is None:
        return page(request, "start/join_gone.html", {}, status=404)
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = users.join(token=token, now=request.now, **form.cleaned_data)
            login(request, user, backend=BACKEND)
            return go(request, reverse("home:home"))
        except users.WeakPassword as weak:
            form.add_error("password", weak.reasons)
        except users.InvitationGone:
            return page(request, "start/join_gone.html", {}, status=404)
    context = {"form": form, "invited": invited, "operation": choices.get("operation.name")}
    status = 422 if request.method == "POST" else 200
    return page(request, TEMPLATE, context, piece="form", status=status)
