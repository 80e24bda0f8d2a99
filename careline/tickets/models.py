"""Conversations with customers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """What a status means to clocks, queues and figures."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting on customer")
    HOLD = "hold", _("On hold")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")


UNSOLVED = (Category.NEW, Category.OPEN, Category.WAITING, Category.HOLD)


class Priority(models.IntegerChoices):
    """How urgent a conversation is, from 1 to 4."""

    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")
    URGENT = 4, _("Urgent")


class Status(models.Model):
    """A state that a conversation can be in; its category says what that means."""

    name = models.CharField(max_length=60, unique=True)
    category = models.CharField(max_length=8, choices=Category)
    position = models.PositiveSmallIntegerField(default=0)
    default = models.BooleanField(default=False)  # the one that is taken when only the category is named
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Reason(models.Model):
    """Why customers contact us: one leaf or branch of the contact-reason tree."""

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=80)
    path = models.CharField(max_length=400, unique=True)  # "Delivery / Late"
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return self.path


class Tag(models.Model):
    """A free word on conversations."""

    name = models.CharField(max_length=60, unique=True)  # lower case
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """One matter raised by one customer, from first contact to solution."""

    brand = models.ForeignKey("core.Brand", models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=300)
    customer = models.ForeignKey("customers.Person", models.PROTECT, related_name="+")
    organisation = models.ForeignKey("customers.Organisation", models.SET_NULL, null=True, related_name="+")
    status = models.ForeignKey(Status, models.PROTECT, related_name="+")
    category = models.CharField(max_length=8, choices=Category)  # the status's, kept here for speed
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    reason = models.ForeignKey(Reason, models.SET_NULL, null=True, blank=True, related_name="+")
    tags = models.ManyToManyField(Tag, through="TicketTag", related_name="tickets")
    team = models.ForeignKey("core.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey("core.User", models.SET_NULL, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=12, default="email")  # email, web, phone, chat, import
    language = models.CharField(max_length=10, blank=True)

    opened_at = models.DateTimeField()
    opened_by_customer = models.BooleanField(default=True)
    changed_at = models.DateTimeField()  # last thing that happened
    last_in_at = models.DateTimeField(null=True)  # last customer message, not counting automatic mail
    last_out_at = models.DateTimeField(null=True)  # last public answer of ours
    waiting_since = models.DateTimeField(null=True)  # oldest customer message nobody has answered
    solved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopens = models.PositiveSmallIntegerField(default=0)
    message_count = models.PositiveIntegerField(default=0)
    preview = models.CharField(max_length=160, blank=True)  # start of the last public message

    # Written by the sla domain through tickets.actions.note_due; disposable, rebuilt from events.
    due_at = models.DateTimeField(null=True)  # nearest running promise
    due_metric = models.CharField(max_length=16, blank=True)
    risk_at = models.DateTimeField(null=True)  # from here on the promise is at risk
    breached_at = models.DateTimeField(null=True)  # first promise broken and still owed

    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    imported = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)  # grows with every change; guards against lost updates

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-changed_at", "-id"], name="tickets_changed"),
            models.Index(fields=["category", "-changed_at", "-id"], name="tickets_category_changed"),
            models.Index(fields=["assignee", "category", "-changed_at", "-id"], name="tickets_assignee"),
            models.Index(fields=["team", "category", "-changed_at", "-id"], name="tickets_team"),
            models.Index(fields=["customer", "-opened_at"], name="tickets_customer"),
            models.Index(fields=["organisation", "-opened_at"], name="tickets_organisation"),
            models.Index(fields=["opened_at", "id"], name="tickets_opened"),
            models.Index(fields=["solved_at", "id"], name="tickets_solved"),
            models.Index(fields=["priority", "id"], name="tickets_priority"),
            models.Index(
                fields=["last_in_at", "id"],
                name="tickets_last_in",
                condition=models.Q(last_in_at__isnull=False),
            ),
            models.Index(
                fields=["risk_at", "id"], name="tickets_risk", condition=models.Q(risk_at__isnull=False)
            ),
            # The figures of Today are read from these alone, without the rows.
            models.Index(
                fields=[
                    "team",
                    "assignee",
                    "merged_into",
                    "category",
                    "waiting_since",
                    "due_at",
                    "breached_at",
                ],
                name="tickets_standing",
                condition=models.Q(category__in=["new", "open", "waiting", "hold"]),
            ),
            models.Index(fields=["opened_at", "merged_into", "team", "assignee"], name="tickets_opened_by"),
            models.Index(
                fields=["solved_at", "merged_into", "team", "assignee", "category"],
                name="tickets_solved_by",
                condition=models.Q(solved_at__isnull=False),
            ),
            models.Index(
                fields=["breached_at", "id"],
                name="tickets_breached",
                condition=models.Q(breached_at__isnull=False),
            ),
            models.Index(
                fields=["due_at", "id"], name="tickets_due", condition=models.Q(due_at__isnull=False)
            ),
            models.Index(
                fields=["waiting_since", "id"],
                name="tickets_waiting",
                condition=models.Q(waiting_since__isnull=False),
            ),
            models.Index(
                fields=["-changed_at", "-id"],
                name="tickets_unsolved",
                condition=models.Q(category__in=["new", "open", "waiting", "hold"]),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"


class Renaming(models.Model):
    """One change of a conversation's subject: its words, kept out of the event log so they can be erased."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    old = models.CharField(max_length=300)
    new = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"subject of {self.ticket_id}"


class TicketTag(models.Model):
    """One tag on one conversation."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ticket", "tag"], name="tickets_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.ticket_id}"


class Message(models.Model):
    """One thing said in a conversation: by the customer, by us, or among ourselves."""

    class Kind(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")
        NOTE = "note", _("Internal note")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=4, choices=Kind)
    author = models.ForeignKey("core.User", models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("customers.Person", models.PROTECT, null=True, related_name="+")
    channel = models.CharField(max_length=12, default="email")
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)  # whole plain text
    visible_text = models.TextField(blank=True)  # without quotation and signature
    html = models.TextField(blank=True)  # sanitised; empty when there was none
    quoted_html = models.TextField(blank=True)  # the folded quotation of `html`
    automatic = models.CharField(max_length=10, default="none")  # none, bounce, auto_reply, list, loop
    at = models.DateTimeField()  # received or sent, by our clock
    written_at = models.DateTimeField(null=True)  # by the sender's clock, never used for promises
    address = models.CharField(max_length=320, blank=True)  # written from (in) or to (out), lower case
    cc = models.JSONField(default=list, blank=True)  # [{"name": ..., "address": ...}]
    bcc = models.JSONField(default=list, blank=True)
    flags = models.JSONField(default=list, blank=True)  # sentences worth showing: "sender not verified"
    version = models.PositiveIntegerField(default=0)  # the ticket's version that this message made

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ticket", "at", "id"], name="tickets_message_order")]

    def __str__(self) -> str:
        return f"#{self.pk} in ticket {self.ticket_id}"


class Attachment(models.Model):
    """One file that came with, or goes with, a message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="attachments")
    file = models.ForeignKey("core.File", models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    type = models.CharField(max_length=120, default="application/octet-stream")
    size = models.BigIntegerField()
    inline = models.BooleanField(default=False)
    content_id = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return self.name


class Participant(models.Model):
    """Somebody who takes part in a conversation besides its customer."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="participants")
    person = models.ForeignKey("customers.Person", models.CASCADE, related_name="+")
    address = models.CharField(max_length=320)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "address"], name="tickets_participant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.address} in {self.ticket_id}"


class View(models.Model):
    """A saved filter over conversations: a condition with a name."""

    name = models.CharField(max_length=80)
    key = models.SlugField(max_length=40, unique=True, null=True, blank=True)  # only the shipped ones
    owner = models.ForeignKey("core.User", models.CASCADE, null=True, related_name="+")  # None: shared
    condition = models.JSONField(default=dict)
    order = models.CharField(max_length=20, default="-changed_at")
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.name
