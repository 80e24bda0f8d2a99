"""How allauth behaves in this house."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from careline.core import settings as choices
from careline.core.actions import users
from careline.web.address import absolute_for_strangers

if TYPE_CHECKING:
    from careline.core.models import User


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People join by invitation only; sentences are ours."""

    error_messages = {  # noqa: RUF012 - as allauth declares it
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The address and the password do not belong together. Try again."),
        "too_many_login_attempts": _(
            "Too many tries with a wrong password. Wait five minutes, or choose a new password."
        ),
        "account_inactive": _("This account is switched off. Ask an administrator to switch it on."),
        "incorrect_password": _("That is not your password. Try again."),
        "incorrect_code": _("That code is not right. Codes change every 30 seconds; take the newest."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse sign-up: an administrator invites."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Build the link from the configured address, because the Host header is the asker's to choose."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return absolute_for_strangers(self.request, path.replace("UID-KEY", quote(key)))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Tell the templates what the operation is called."""
        super().send_mail(template_prefix, email, {**context, "operation": choices.get("operation.name")})

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str = ""
    ) -> None:
        """Write to the address that the invitation proved; we keep no second list of addresses."""
        super().send_notification_mail(template_prefix, user, context, email or user.email)

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse:
        """Write the sign-in into the log."""
        users.note_sign_in(user=user, now=request.now)  # type: ignore[attr-defined]
        response: HttpResponse = super().post_login(request, user, **facts)
        return response


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors: secrets are encrypted at rest, passkeys belong to the configured host."""

    def encrypt(self, text: str) -> str:
        """Keep authenticator secrets and recovery codes unreadable in a copy of the database."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Read back what `encrypt` wrote."""
        return _box().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the operation to the passkey, on the host that people see in their address bar."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        configured = urlsplit(settings.BASE_URL).hostname
        if configured and configured != "localhost":
            entity["id"] = configured
        return {**entity, "name": choices.get("operation.name")}


def _box() -> Fernet:
    key = hashlib.sha256(b"careline second factor " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
