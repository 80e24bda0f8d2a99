"""What people who sign in can do to themselves and to each other."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from careline.core import events
from careline.core import settings as choices
from careline.core.models import Invitation, Membership, Role, Team, User

INVITATION_LASTS = timedelta(days=7)
SEEN_EVERY = timedelta(seconds=60)
ADMIN = "admin"
Link = Callable[[str], str]  # from an invitation's word to the address that opens it


class AlreadyHere(Exception):
    """Somebody with this address signs in already, or did."""


class InvitationGone(Exception):
    """The invitation was used, taken back, or has run out."""


class HasJoined(Exception):
    """The person has joined; there is no invitation left to send or take back."""


class LastAdministrator(Exception):
    """Without this person nobody could change users any more."""


class OwnAccount(Exception):
    """Nobody deactivates themselves."""


class WeakPassword(Exception):
    """The password is too easy to guess; `reasons` says why."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Invited:
    """Whom a round of invitations reached, and who was here already."""

    users: list[User]
    already_here: list[str]


def hash_of(token: str) -> str:
    """Return what we remember of an invitation's secret word."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite_user(
    *,
    email: str,
    role_ids: Iterable[int],
    team_ids: Iterable[int] = (),
    name: str = "",
    link: Link,
    actor: User | None,
    now: datetime,
) -> User:
    """Open the door to a new person and send them the way in; a second invitation replaces the first.

    Raises
    ------
    AlreadyHere
        The address belongs to somebody who has joined.
    """
    email = email.strip().lower()
    known = User.objects.filter(email=email).first()
    if known and known.joined_at:
        raise AlreadyHere(email)
    if known and known.is_active:
        raise AlreadyHere(email)
    user = known or User(email=email, name=name or email.partition("@")[0], is_active=False)
    user.invited_at = now
    user.set_unusable_password()
    user.save()
    roles = list(Role.objects.filter(pk__in=list(role_ids)))
    user.roles.set(roles)
    _put_in_teams(user, team_ids, leads=())
    _send_invitation(user, link=link, now=now)
    facts = {"roles": sorted(role.key for role in roles), "teams": sorted(team_ids)}
    events.record("user.invited", subject=("user", user.pk), actor=actor, at=now, **facts)
    return user


@transaction.atomic
def invite_people(
    *,
    emails: Iterable[str],
    role_ids: Iterable[int],
    team_ids: Iterable[int] = (),
    link: Link,
    actor: User | None,
    now: datetime,
) -> Invited:
    """Invite several addresses at once; those who are here already are named, not refused."""
    invited: list[User] = []
    already: list[str] = []
    role_ids, team_ids = list(role_ids), list(team_ids)
    for email in dict.fromkeys(e.strip().lower() for e in emails):
        try:
            with transaction.atomic():
                invited.append(
                    invite_user(
                        email=email, role_ids=role_ids, team_ids=team_ids, link=link, actor=actor, now=now
                    )
                )
        except AlreadyHere:
            already.append(email)
    return Invited(users=invited, already_here=already)


@transaction.atomic
def resend_invitation(*, user: User, link: Link, actor: User, now: datetime) -> None:
    """Send the invitation again with a new word and a new week; the old link stops working.

    Raises
    ------
    HasJoined
        There is nothing to send.
    """
    if user.joined_at or user.is_active:
        raise HasJoined(f"user {user.pk}")
    user.invited_at = now
    user.save(update_fields=["invited_at"])
    _send_invitation(user, link=link, now=now)
    events.record("user.invited", subject=("user", user.pk), actor=actor, at=now, again=True)


@transaction.atomic
def revoke_invitation(*, user: User, actor: User, now: datetime) -> None:
    """Close the door again; the link in the mail stops working.

    Raises
    ------
    HasJoined
        The person came in already; deactivate them instead.
    """
    if user.joined_at or user.is_active:
        raise HasJoined(f"user {user.pk}")
    Invitation.objects.filter(user=user).delete()
    events.record("user.uninvited", subject=("user", user.pk), actor=actor, at=now)


def _send_invitation(user: User, *, link: Link, now: datetime) -> None:
    token = secrets.token_urlsafe(32)
    Invitation.objects.update_or_create(
        user=user,
        defaults={"token_hash": hash_of(token), "sent_at": now, "expires_at": now + INVITATION_LASTS},
    )
    name = choices.get("operation.name")
    with override(user.language or choices.get("operation.language")):
        subject = _("You are invited to %(operation)s") % {"operation": name}
        body = _(
            "Hello,\n\n"
            "you are invited to work in %(operation)s. Choose your name and password here:\n\n"
            "%(link)s\n\n"
            "The link works for seven days. If you did not expect this mail, you can ignore it."
        ) % {"operation": name, "link": link(token)}
    send_mail(subject, body, None, [user.email])


@transaction.atomic
def join(*, token: str, name: str, password: str, now: datetime) -> User:
    """Accept an invitation: from now on this person signs in.

    Raises
    ------
    InvitationGone
        Used, taken back or older than seven days.
    WeakPassword
        The password is too easy to guess.
    """
    found = Invitation.objects.select_for_update().filter(token_hash=hash_of(token)).first()
    if found is None or found.expires_at < now:
        raise InvitationGone("no open invitation has this word")
    user = found.user
    user.name = name.strip()
    check_password_strength(password, user)
    user.set_password(password)
    user.is_active, user.joined_at = True, now
    user.save()
    found.delete()
    events.record("user.joined", subject=("user", user.pk), actor=user, at=now)
    return user


def check_password_strength(password: str, user: User) -> None:
    """Refuse a password that is easy to guess.

    Raises
    ------
    WeakPassword
        With the reasons in the reader's language.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(list(error.messages)) from error


@transaction.atomic
def change_user(
    *,
    user: User,
    name: str,
    role_ids: Iterable[int],
    team_ids: Iterable[int],
    lead_ids: Iterable[int],
    aliases: Iterable[str],
    actor: User,
    now: datetime,
) -> User:
    """Change what somebody is called, may do, belongs to, and which further addresses are theirs.

    Raises
    ------
    LastAdministrator
        The change would leave nobody who may change users.
    """
    before = _facts(user)
    renamed = user.name != name.strip() or user.aliases != _addresses(aliases)
    roles = list(Role.objects.filter(pk__in=list(role_ids)))
    if ADMIN in before["roles"] and ADMIN not in {role.key for role in roles}:
        _keep_an_administrator(without=user)
    user.name, user.aliases = name.strip(), _addresses(aliases)
    user.save(update_fields=["name", "aliases"])
    user.roles.set(roles)
    _put_in_teams(user, team_ids, leads=lead_ids)
    after = _facts(user)
    if renamed or before != after:
        changed = {key: {"old": before[key], "new": after[key]} for key in after if before[key] != after[key]}
        if renamed:
            changed["profile"] = {}
        events.record("user.changed", subject=("user", user.pk), actor=actor, at=now, changed=changed)
    return user


def _facts(user: User) -> dict[str, list[Any]]:
    memberships = list(user.memberships.order_by("team_id").values_list("team_id", "lead"))
    return {
        "roles": sorted(user.roles.values_list("key", flat=True)),
        "teams": [team for team, _lead in memberships],
        "leads": [team for team, lead in memberships if lead],
    }


def _addresses(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(line.strip().lower() for line in lines if line.strip()))


def _put_in_teams(user: User, team_ids: Iterable[int], *, leads: Iterable[int]) -> None:
    wanted, leading = set(team_ids), set(leads)
    user.memberships.exclude(team_id__in=wanted).delete()
    for team_id in Team.objects.filter(pk__in=wanted).values_list("pk", flat=True):
        Membership.objects.update_or_create(user=user, team_id=team_id, defaults={"lead": team_id in leading})


def _keep_an_administrator(*, without: User) -> None:
    # The role's row is the lock: two administrators who remove each other take turns.
    role = Role.objects.select_for_update().filter(key=ADMIN).first()
    if role and not role.users.filter(is_active=True).exclude(pk=without.pk).exists():
        raise LastAdministrator(f"user {without.pk}")


@transaction.atomic
def deactivate_user(*, user: User, actor: User, now: datetime) -> None:
    """Take away the key: the person is signed out everywhere and stays out; their work stays theirs.

    Raises
    ------
    OwnAccount
        It is the actor.
    LastAdministrator
        Nobody else could change users.
    """
    if user.pk == actor.pk:
        raise OwnAccount(f"user {user.pk}")
    _keep_an_administrator(without=user)
    if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        events.record("user.deactivated", subject=("user", user.pk), actor=actor, at=now)
    user.is_active = False


@transaction.atomic
def reactivate_user(*, user: User, actor: User, now: datetime) -> None:
    """Give the key back.

    Raises
    ------
    InvitationGone
        The person never joined; send an invitation instead.
    """
    if user.joined_at is None:
        raise InvitationGone(f"user {user.pk} never joined")
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        events.record("user.reactivated", subject=("user", user.pk), actor=actor, at=now)
    user.is_active = True


@transaction.atomic
def change_own_profile(
    *, actor: User, name: str, language: str, time_zone: str, theme: str, signature: str, now: datetime
) -> User:
    """Change how one appears and how one wants to read."""
    actor.name, actor.signature = name.strip(), signature
    actor.language, actor.time_zone, actor.theme = language, time_zone, theme
    actor.save(update_fields=["name", "language", "time_zone", "theme", "signature"])
    facts = {"language": language, "time_zone": time_zone, "theme": theme}
    events.record("user.changed", subject=("user", actor.pk), actor=actor, at=now, changed={"profile": facts})
    return actor


@transaction.atomic
def set_availability(*, actor: User, availability: str, now: datetime) -> None:
    """Say whether new work may come to one.

    Raises
    ------
    ValueError
        Neither online nor away: a programming error.
    """
    if availability not in {"online", "away"}:
        raise ValueError(availability)
    if actor.availability == availability:
        return
    old, actor.availability = actor.availability, availability
    actor.save(update_fields=["availability"])
    change = {"availability": {"old": old, "new": availability}}
    events.record("user.changed", subject=("user", actor.pk), actor=actor, at=now, changed=change)


@transaction.atomic
def note_sign_in(*, user: User, now: datetime) -> None:
    """Remember that somebody signed in."""
    User.objects.filter(pk=user.pk).update(last_seen_at=now)
    events.record("user.signed_in", subject=("user", user.pk), actor=user, at=now)


def note_seen(*, user: User, now: datetime) -> None:
    """Remember that somebody is here, at most once a minute; not an event, because it is not a decision."""
    if user.last_seen_at is None or now - user.last_seen_at >= SEEN_EVERY:
        User.objects.filter(pk=user.pk).update(last_seen_at=now)
        user.last_seen_at = now
