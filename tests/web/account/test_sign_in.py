"""Signing in and out, passwords and second factors."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from careline.core.models import Event, User
from tests.make import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "walnut carriage seven"
WRONG = "not the password"


@pytest.fixture(autouse=True)
def _nobody_counted_yet() -> None:
    cache.clear()


@pytest.fixture
def ben() -> User:
    user = make_user("tickets.see", email="ben@example.org")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, password: str = PASSWORD, email: str = "ben@example.org"):  # type: ignore[no-untyped-def]
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_address_and_password_let_in_and_are_recorded(client: Client, ben: User) -> None:
    assert sign_in(client).status_code == 302
    assert client.get(reverse("account:profile")).status_code == 200
    assert Event.objects.get(kind="user.signed_in").actor == ben


def test_the_sign_in_page_is_ours_and_loads_no_script_from_the_page_itself(client: Client, ben: User) -> None:
    body = client.get(reverse("account_login")).content.decode()
    assert "Use a passkey" in body
    assert "plain-card" in body
    for script in re.findall(r"<script[^>]*>", body):
        assert "src=" in script or 'type="application/json"' in script


def test_five_wrong_passwords_are_enough(client: Client, ben: User) -> None:
    for _try in range(5):
        assert "do not belong together" in sign_in(client, WRONG).content.decode()
    answer = sign_in(client)
    assert "Too many tries with a wrong password. Wait five minutes" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_deactivated_person_is_signed_out_and_stays_out(client: Client, ben: User) -> None:
    client.force_login(ben)
    make_user()
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert client.get(reverse("account:profile")).status_code == 302
    fresh = Client()
    sign_in(fresh)
    assert "_auth_user_id" not in fresh.session


def test_sign_up_is_closed(client: Client, ben: User) -> None:
    answer = client.get(reverse("account_signup"))
    assert "You join by invitation" in answer.content.decode()
    client.post(reverse("account_signup"), {"email": "eve@example.org", "password1": PASSWORD})
    assert User.objects.count() == 1


def test_a_forgotten_password_is_chosen_again_by_mail(client: Client, ben: User) -> None:
    client.post(reverse("account_reset_password"), {"email": "ben@example.org"})
    link = re.search(r"https?://\S+", mail.outbox[0].body)
    assert link
    page = client.get(link[0], follow=True)
    form_url = page.redirect_chain[-1][0]
    new = "another long password"
    client.post(form_url, {"password1": new, "password2": new})
    assert User.objects.get().check_password(new)


def test_the_reset_link_does_not_follow_a_forged_host(client: Client, ben: User, settings) -> None:  # type: ignore[no-untyped-def]
    settings.BASE_URL = "https://desk.example"
    client.post(
        reverse("account_reset_password"), {"email": "ben@example.org"}, headers={"host": "evil.example"}
    )
    assert "https://desk.example/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


def test_asking_for_a_strangers_password_sends_nothing_and_tells_nothing(client: Client, ben: User) -> None:
    known = client.post(reverse("account_reset_password"), {"email": "ben@example.org"})
    stranger = client.post(reverse("account_reset_password"), {"email": "eve@example.org"})
    assert known.url == stranger.url  # type: ignore[attr-defined]
    assert len(mail.outbox) == 1


def test_an_invited_person_cannot_come_in_by_resetting_a_password(client: Client, ben: User) -> None:
    make_user(email="pia@example.org", is_active=False, joined_at=None)
    client.post(reverse("account_reset_password"), {"email": "pia@example.org"})
    assert mail.outbox == []


def confirm(client: Client) -> None:
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def code_for(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(hotp_value(secret, counter)).zfill(6)


def test_with_an_authenticator_app_the_password_alone_is_not_enough(client: Client, ben: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ben, secret)
    answer = sign_in(client)
    assert answer.url == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    page = client.get(answer.url)
    assert b"One more step" in page.content
    client.post(answer.url, {"code": code_for(secret)})
    assert client.session["_auth_user_id"] == str(ben.pk)


def test_authenticator_secrets_are_unreadable_in_the_database(ben: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ben, secret)
    assert secret not in str(Authenticator.objects.get().data)


@pytest.mark.django_db(transaction=True)
def test_a_person_sets_up_an_authenticator_app_and_gets_recovery_codes(client: Client, ben: User) -> None:
    sign_in(client)
    assert b"Your password alone lets you in" in client.get(reverse("mfa_index")).content
    assert client.get(reverse("mfa_activate_totp")).status_code == 302  # first show again who you are
    confirm(client)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    secret = client.session["mfa.totp.secret"]
    client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert b"Your password alone lets you in" not in client.get(reverse("mfa_index")).content
    assert client.get(reverse("mfa_view_recovery_codes")).content.count(b"\n") > 10
    assert mail.outbox[0].to == ["ben@example.org"]  # people hear of every change to how they sign in


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "account_change_password",
        "account_logout",
        "usersessions_list",
        "account_reauthenticate",
    ],
)
def test_every_page_about_signing_in_is_in_our_look(name: str, client: Client, ben: User) -> None:
    sign_in(client)
    confirm(client)
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert b"dist/app.css" in answer.content


def test_the_passkey_page_answers_with_a_challenge(client: Client, ben: User) -> None:
    answer = client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    assert answer.json()["request_options"]["publicKey"]["challenge"]


def test_signing_out_elsewhere_ends_the_other_session(client: Client, ben: User) -> None:
    other = Client(headers={"user-agent": "Phone"})
    sign_in(other)
    other.get("/account/")
    sign_in(client)
    assert b"Phone" in client.get(reverse("usersessions_list")).content
    client.post(reverse("usersessions_list"))
    assert other.get(reverse("account:profile")).status_code == 302
    assert client.get(reverse("account:profile")).status_code == 200


def test_signing_out_takes_a_post(client: Client, ben: User) -> None:
    sign_in(client)
    client.get(reverse("account_logout"))
    assert "_auth_user_id" in client.session
    client.post(reverse("account_logout"))
    assert "_auth_user_id" not in client.session
