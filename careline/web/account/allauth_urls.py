"""The pages of django-allauth that we use: signing in and out, passwords, second factors, sessions."""

from __future__ import annotations

from allauth.account import views as account
from allauth.usersessions import views as sessions
from django.urls import include, path, re_path

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path(
        "signup/", account.signup, name="account_signup"
    ),  # the sign-in page names it; the adapter keeps it closed
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

# Beside one's own pages, under /account/.
own_urlpatterns = [
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("security/", include("allauth.mfa.urls")),
]
