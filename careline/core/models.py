"""Who acts, what they may do, what they did, and what is still to be done."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Makes users for Django's own commands; people join through core.actions."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class Team(models.Model):
    """A group of people who share work."""

    name = models.CharField(max_length=80, unique=True)
    site = models.CharField(max_length=80, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of grants: permission -> reach (own, team, all)."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    grants = models.JSONField(default=dict, blank=True)  # {"tickets.see": "team"}

    class Meta:
        ordering: ClassVar = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser):
    """A person who signs in: agent, lead, planner, analyst, manager, admin, auditor."""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    roles = models.ManyToManyField(Role, blank=True, related_name="users")
    teams = models.ManyToManyField(Team, through="Membership", related_name="people")
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)  # empty: what the browser asks for
    time_zone = models.CharField(max_length=64, blank=True)  # empty: the operation's
    theme = models.CharField(max_length=8, blank=True)
    signature = models.TextField(blank=True)
    aliases = models.JSONField(default=list, blank=True)  # further addresses this person writes from
    invited_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    availability = models.CharField(max_length=10, default="online")  # online, away

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person in one team, perhaps leading it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    lead = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "team"], name="core_membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class Brand(models.Model):
    """A name under which customers know us."""

    name = models.CharField(max_length=120)
    signature = models.TextField(blank=True)
    token = models.CharField(max_length=12, default="")  # word in subject tokens: [Lumen #17]

    def __str__(self) -> str:
        return self.name


class Setting(models.Model):
    """One operation-wide choice, by key."""

    key = models.CharField(max_length=80, primary_key=True)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.key


class Event(models.Model):
    """One fact that happened. Written once, never changed."""

    kind = models.CharField(max_length=60)  # "ticket.replied"
    subject_kind = models.CharField(max_length=30)  # "ticket"
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    origin = models.CharField(max_length=10, default="live")  # live, import, demo
    data = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="core_event_subject"),
            models.Index(fields=["kind", "at"], name="core_event_kind"),
            models.Index(fields=["at"], name="core_event_at"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} {self.subject_kind}:{self.subject_id}"


class Job(models.Model):
    """One piece of background work, kept until it is done or given up."""

    queue = models.CharField(max_length=20, default="default")
    task = models.CharField(max_length=160)  # dotted name of the function
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    dedupe_key = models.CharField(max_length=160, blank=True)
    state = models.CharField(max_length=8, default="ready")  # ready, running, done, dead
    run_at = models.DateTimeField()
    enqueued_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=12)
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    result = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["dedupe_key"],
                name="core_job_dedupe",
                condition=models.Q(state="ready") & ~models.Q(dedupe_key=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["-priority", "run_at", "id"], name="core_job_ready", condition=models.Q(state="ready")
            ),
            models.Index(
                fields=["leased_until"], name="core_job_leased", condition=models.Q(state="running")
            ),
            models.Index(fields=["state", "finished_at"], name="core_job_state"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.task} {self.state}"


class Schedule(models.Model):
    """When a recurring task ran last, so that it runs once however many workers look."""

    name = models.CharField(max_length=160, primary_key=True)
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """A sign of life of one running part (web, work, mail)."""

    part = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.part


class File(models.Model):
    """Bytes on disk, stored once by their hash."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256[:12]


class ExternalId(models.Model):
    """What a row is called in the system it was imported from."""

    source = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)  # ticket, message, person, event
    external_id = models.CharField(max_length=200)
    object_id = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "kind", "external_id"], name="core_externalid_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "object_id"], name="core_externalid_object")]

    def __str__(self) -> str:
        return f"{self.source}:{self.kind}:{self.external_id}"


class Invitation(models.Model):
    """A door opened for one person who does not sign in yet."""

    user = models.OneToOneField(User, models.CASCADE, related_name="invitation")
    token_hash = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"invitation of {self.user_id}"
