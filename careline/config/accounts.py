"""Making accounts from the command line: the way in when nobody can sign in."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from careline.core import events
from careline.core.actions import operation, users
from careline.core.actions.roles import make_default_roles
from careline.core.models import User

Refuse = Callable[[str], None]


def make_admin(*, email: str, name: str, password: str, refuse: Refuse) -> None:
    """Begin the operation with its first administrator, or open the door of one that has begun."""
    email = _checked(email, refuse)
    now = timezone.now()
    try:
        operation.start_desk(name=name, email=email, password=password, now=now)
    except operation.AlreadyStarted:
        _open_door(email=email, name=name, password=password, refuse=refuse)
    except users.WeakPassword as error:
        refuse(" ".join(error.args[0]))


def _open_door(*, email: str, name: str, password: str, refuse: Refuse) -> None:
    now = timezone.now()
    user = User.objects.filter(email=email).first() or User(email=email, name=name.strip())
    try:
        users.check_password_strength(password, user)
    except users.WeakPassword as error:
        refuse(" ".join(error.args[0]))
    kind = "user.changed" if user.joined_at else "user.joined"
    with transaction.atomic():
        user.set_password(password)
        user.is_active, user.joined_at = True, user.joined_at or now
        user.save()
        user.roles.add(make_default_roles()[users.ADMIN])
        # Whoever may run this command owns the machine: there is no other actor to name.
        events.record(kind, subject=("user", user.pk), actor=None, at=now, by="command line")


def invite(*, email: str, name: str, role: str, refuse: Refuse) -> str:
    """Invite somebody and return the link that lets them in."""
    email = _checked(email, refuse)
    roles = make_default_roles()
    if role not in roles:
        refuse(f"There is no role {role!r}. There are: {', '.join(roles)}.")
    links: list[str] = []

    def link(token: str) -> str:
        links.append(settings.BASE_URL.rstrip("/") + reverse("start:join", args=[token]))
        return links[-1]

    try:
        users.invite_user(
            email=email, name=name, role_ids=[roles[role].pk], link=link, actor=None, now=timezone.now()
        )
    except users.AlreadyHere:
        refuse(f"{email} signs in here already.")
    return links[-1]


def _checked(email: str, refuse: Refuse) -> str:
    try:
        validate_email(email)
    except ValidationError:
        refuse(f"{email!r} is not a mail address.")
    return email.strip().lower()
