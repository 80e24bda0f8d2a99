"""What can happen to the operation as a whole: begin, name itself, become a demo, begin again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from careline.core import events, progress, queue
from careline.core import settings as choices
from careline.core.actions.roles import make_default_roles
from careline.core.actions.users import ADMIN, check_password_strength
from careline.core.models import Brand, Job, Setting, User

CLAIM = "operation.claim"
DEMO_PROGRESS = "demo"
DEMO_JOB = "demo"


class AlreadyStarted(Exception):
    """Somebody has begun this operation already."""


class NotADemo(Exception):
    """Only an invented operation may be thrown away."""


@transaction.atomic
def start_desk(
    *, name: str, email: str, password: str, time_zone: str = "UTC", language: str = "en", now: datetime
) -> User:
    """Begin a real operation with its first administrator.

    Raises
    ------
    AlreadyStarted
        Somebody was faster.
    WeakPassword
        The password is too easy to guess.
    """
    _claim("desk", now=now)
    user = User(email=email.strip().lower(), name=name.strip(), is_active=True, joined_at=now)
    check_password_strength(password, user)
    user.set_password(password)
    user.save()
    user.roles.add(make_default_roles()[ADMIN])
    choices.put("operation.time_zone", time_zone)
    choices.put("operation.language", language)
    choices.put("operation.start_step", "brand")
    events.record("user.joined", subject=("user", user.pk), actor=user, at=now, first=True)
    events.record("operation.started", subject=("setting", 0), actor=user, at=now)
    return user


@transaction.atomic
def name_operation(*, name: str, language: str, time_zone: str, actor: User, now: datetime) -> None:
    """Give the operation its name and its brand in one, as the first-run pages ask for it."""
    set_operation(name=name, language=language, time_zone=time_zone, actor=actor, now=now)
    brand = Brand.objects.order_by("pk").first()
    word = "".join(c for c in name.split()[0] if c.isalnum())[:12] if name.split() else ""
    signature = brand.signature if brand else ""
    set_brand(brand=brand, name=name, signature=signature, token=word, actor=actor, now=now)


@transaction.atomic
def start_demo(*, now: datetime) -> None:
    """Let background work build the invented operation; how far it is, `progress.read("demo")` says.

    Raises
    ------
    AlreadyStarted
        Somebody was faster.
    """
    _claim("demo", now=now)
    progress.tell(DEMO_PROGRESS, share=0.0, state="waiting")
    build: Callable[..., Any] = import_string(settings.CARELINE_DEMO_TASK)
    queue.put(build, [], now=now, queue="slow", priority=10, dedupe_key=DEMO_JOB)


@transaction.atomic
def give_up_demo() -> None:
    """Forget a demo that was begun and never came to be, so that one can choose again.

    Raises
    ------
    AlreadyStarted
        People sign in already.
    """
    if User.objects.filter(is_active=True).exists():
        raise AlreadyStarted("people sign in already")
    Setting.objects.filter(pk=CLAIM).delete()
    # Or it would be tried again later, unasked.
    Job.objects.filter(dedupe_key=DEMO_JOB, state__in=["ready", "dead"]).delete()
    progress.forget(DEMO_PROGRESS)


def _claim(kind: str, *, now: datetime) -> None:
    # The primary key decides: of two people racing through the first page, one insert wins.
    try:
        with transaction.atomic():
            claim = Setting(pk=CLAIM, value={"kind": kind, "at": now.isoformat()})
            claim.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyStarted(kind) from error
    if User.objects.filter(is_active=True).exists():
        raise AlreadyStarted("people sign in already")


@transaction.atomic
def mark_demo_ready(*, persona_ids: Sequence[int], now: datetime) -> None:
    """Say that the invented operation stands, and whom one may be in it, first the one to begin as."""
    value = {"kind": "demo", "at": now.isoformat()}
    Setting.objects.update_or_create(pk=CLAIM, defaults={"value": value})
    choices.put("operation.demo", True)
    choices.put("operation.ready", True)
    choices.put("demo.personas", list(persona_ids))
    progress.tell(DEMO_PROGRESS, share=1.0, state="ready")


def empty_demo() -> None:
    """Throw the invented operation away, people included, so that a real one can begin.

    Raises
    ------
    NotADemo
        The operation is real.
    """
    with transaction.atomic():
        if not choices.get("operation.demo"):
            raise NotADemo("operation.demo is not set")
        call_command("flush", interactive=False, verbosity=0)
    progress.forget(DEMO_PROGRESS)
    shutil.rmtree(Path(settings.FILES_ROOT), ignore_errors=True)


@transaction.atomic
def finish_start(*, actor: User, now: datetime) -> None:
    """Close the first-run pages for good."""
    choices.put("operation.ready", True)
    choices.put("operation.start_step", "")
    _record_setting("operation.ready", old=False, new=True, actor=actor, now=now)


def reach_step(*, step: str) -> None:
    """Remember how far the first-run pages are; a bookmark, so no event."""
    choices.put("operation.start_step", step)


@transaction.atomic
def set_operation(*, name: str, language: str, time_zone: str, actor: User, now: datetime) -> None:
    """Name the operation, and say in which language and time zone it lives where nobody chose another."""
    new = {"name": name.strip(), "language": language, "time_zone": time_zone}
    for key, value in new.items():
        old = choices.get(f"operation.{key}")
        if old != value:
            choices.put(f"operation.{key}", value)
            _record_setting(f"operation.{key}", old=old, new=value, actor=actor, now=now)


@transaction.atomic
def set_brand(
    *, brand: Brand | None, name: str, signature: str, token: str, actor: User, now: datetime
) -> Brand:
    """Say under which name customers know us, how mails end, and the word in their subject lines."""
    brand = brand or Brand()
    old = {"name": brand.name, "token": brand.token}
    brand.name, brand.signature, brand.token = name.strip(), signature, token.strip()
    brand.save()
    new = {"name": brand.name, "token": brand.token}
    events.record("brand.changed", subject=("brand", brand.pk), actor=actor, at=now, old=old, new=new)
    return brand


def _record_setting(key: str, *, old: Any, new: Any, actor: User, now: datetime) -> None:
    events.record("setting.changed", subject=("setting", 0), actor=actor, at=now, key=key, old=old, new=new)
