"""How conversations arrive and leave."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Mailbox(models.Model):
    """One address that we read and write from."""

    name = models.CharField(max_length=120)
    address = models.CharField(max_length=320, unique=True)  # lower case
    aliases = models.JSONField(default=list, blank=True)
    brand = models.ForeignKey("core.Brand", models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey("core.Team", models.SET_NULL, null=True, blank=True, related_name="+")
    active = models.BooleanField(default=True)
    from_name = models.CharField(max_length=120, blank=True)
    signature = models.TextField(blank=True)
    quote_history = models.CharField(max_length=6, default="last")  # none, last, full
    acknowledge = models.BooleanField(default=False)  # tell the writer that we have the mail
    join_by_subject_h = models.PositiveSmallIntegerField(default=0)  # T1f; 0: off
    trusted_authserv = models.CharField(max_length=255, blank=True)  # whose Authentication-Results we believe
    # How we read: {"kind": "imap", "host", "port", "security", "user", "auth", "folder"} or {"kind": "smtp"}
    inbound = models.JSONField(default=dict, blank=True)
    outbound = models.JSONField(default=dict, blank=True)  # {"host", "port", "security", "user", "auth"}
    secret = models.TextField(blank=True)  # encrypted JSON: passwords and tokens
    # Cursor of the reader: never the seen flag
    uid_validity = models.BigIntegerField(null=True)
    last_uid = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)  # why the last check failed; empty when it worked

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = "mailboxes"

    def __str__(self) -> str:
        return self.address


class RawMail(models.Model):
    """One mail as it arrived, stored before anybody tried to read it."""

    class State(models.TextChoices):
        STORED = "stored"  # bytes are safe, not yet taken in
        DONE = "done"
        QUARANTINED = "quarantined"
        DISCARDED = "discarded"  # a person decided so; the bytes stay

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, related_name="+")
    file = models.ForeignKey("core.File", models.PROTECT, related_name="+")
    # Hash of the bytes. Not the Message-ID: two mails may carry the same one, and neither must be lost.
    dedupe_key = models.CharField(max_length=255)
    uid = models.BigIntegerField(null=True)
    uid_validity = models.BigIntegerField(null=True)
    via = models.CharField(max_length=8, default="imap")  # imap, smtp, lmtp, file
    envelope_from = models.CharField(max_length=320, blank=True)
    envelope_to = models.JSONField(default=list, blank=True)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.STORED)
    outcome = models.CharField(max_length=16, blank=True)  # new, reply, bounce, auto_reply, loop, duplicate
    matched_by = models.CharField(max_length=20, blank=True)  # which threading key found the ticket
    message = models.ForeignKey("tickets.Message", models.SET_NULL, null=True, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", models.SET_NULL, null=True, related_name="+")
    problem = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    from_address = models.CharField(max_length=320, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    body_hash = models.CharField(max_length=64, blank=True)
    # Bytes of the mail; more than the file has when it was too big to keep more than its beginning.
    size = models.BigIntegerField(default=0)
    released = models.BooleanField(default=False)  # a person said: take it in, whatever the brake says

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mailbox", "dedupe_key"], name="channels_rawmail_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "id"], name="channels_rawmail_state"),
            models.Index(fields=["from_address", "-received_at"], name="channels_rawmail_from"),
            models.Index(fields=["-received_at"], name="channels_rawmail_received"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.dedupe_key}"


class MailId(models.Model):
    """One Message-ID that belongs to a conversation: of a mail in it, or seen in its References."""

    brand = models.ForeignKey("core.Brand", models.CASCADE, null=True, related_name="+")
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, null=True, related_name="+")
    mail_id = models.CharField(max_length=255)
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="+")
    message = models.ForeignKey("tickets.Message", models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mail_id", "ticket"], name="channels_mailid_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["mail_id"], name="channels_mailid_id")]

    def __str__(self) -> str:
        return self.mail_id


class Outgoing(models.Model):
    """One mail that we owe somebody. Sent once, whatever dies in between."""

    class State(models.TextChoices):
        READY = "ready"
        SENDING = "sending"  # handed to the server, answer not yet known
        SENT = "sent"
        FAILED = "failed"  # given up, a person must look
        CANCELLED = "cancelled"

    mailbox = models.ForeignKey(Mailbox, models.PROTECT, null=True, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, null=True, related_name="+")
    message = models.OneToOneField("tickets.Message", models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=16, default="reply")  # reply, acknowledgement, system
    mail_id = models.CharField(max_length=255, unique=True)  # its Message-ID
    envelope_from = models.CharField(max_length=320, blank=True)
    recipients = models.JSONField(default=list)
    file = models.ForeignKey("core.File", models.PROTECT, null=True, related_name="+")  # the built mail
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    created_at = models.DateTimeField()
    send_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    stage = models.CharField(max_length=8, blank=True)  # "ended": a server may have it; "demo": never leaves
    holder = models.CharField(max_length=64, blank=True)  # the process that is sending it
    unsure = models.BooleanField(default=False)  # an earlier attempt may have arrived as well
    taken = models.JSONField(default=list)  # recipients a server has accepted it for
    refused = models.JSONField(default=list)  # recipients a server refused for good: [{"address", "text"}]
    sent_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    bounced_at = models.DateTimeField(null=True)
    bounce = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["send_at", "id"],
                name="channels_outgoing_due",
                condition=models.Q(state__in=["ready", "sending"]),
            ),
            models.Index(fields=["state", "id"], name="channels_outgoing_state"),
            models.Index(fields=["ticket"], name="channels_outgoing_ticket"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} to {', '.join(self.recipients)}"


class AutoSent(models.Model):
    """One automatic mail that we sent to an address: what the rate brake counts."""

    address = models.CharField(max_length=320)
    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["address", "-at"], name="channels_autosent_address")]

    def __str__(self) -> str:
        return f"{self.address} at {self.at}"
