"""The keys of this installation: what signs our mail, and what seals passwords in the database."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class Unreadable(Exception):
    """The secret was sealed under another SECRET_KEY; it must be given again."""


def signing_key() -> bytes:
    """Return the key that signs reply addresses, Message-IDs and body markers (calc.mail.tokens)."""
    return hashlib.sha256(b"careline mail token " + settings.SECRET_KEY.encode()).digest()


def signing_keys() -> tuple[bytes, ...]:
    """Return every key whose signature still counts: the present one, then those it replaced."""
    old = (hashlib.sha256(b"careline mail token " + key.encode()).digest() for key in _fallbacks())
    return (signing_key(), *old)


def _fallbacks() -> list[str]:
    return [str(key) for key in getattr(settings, "SECRET_KEY_FALLBACKS", [])]


def seal(secrets: Mapping[str, str]) -> str:
    """Encrypt passwords and tokens, for a column of the database."""
    return _box().encrypt(json.dumps(dict(secrets)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Read what `seal` wrote; nothing when nothing was sealed.

    Raises
    ------
    Unreadable
        It was sealed under another key.
    """
    if not sealed:
        return {}
    try:
        found: dict[str, str] = json.loads(_box().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise Unreadable("the password was kept under another secret key") from error
    return found


def _box() -> Fernet:
    key = hashlib.sha256(b"careline mailbox secret " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
