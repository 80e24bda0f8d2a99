"""Promises about time, and the clocks that measure them."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models


def new_token() -> str:
    """Return a word that no other row has, whatever was rolled back before."""
    return uuid4().hex


class Calendar(models.Model):
    """Opening hours in one time zone, with the days that differ."""

    name = models.CharField(max_length=80, unique=True)
    zone = models.CharField(max_length=64)
    week = models.JSONField(default=dict)  # {"mon": [["09:00", "17:00"]], ...}
    closed = models.JSONField(default=list)  # ["2025-04-18"]
    special = models.JSONField(default=dict)  # {"2025-12-24": [["09:00", "12:00"]]}
    country = models.CharField(max_length=10, blank=True)  # public holidays of: "DE", "DE-HH"
    open_holidays = models.JSONField(default=list, blank=True)  # names of holidays on which the desk works
    version = models.PositiveIntegerField(default=1)
    default = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Policy(models.Model):
    """What is promised to conversations that match: first match by position wins."""

    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    condition = models.JSONField(default=dict, blank=True)  # empty: every conversation
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="policies")
    # {"first_reply": {"1": s, "2": s, "3": s, "4": s}, ...}: seconds by priority; absent: no promise
    targets = models.JSONField(default=dict)
    # {"next_reply": ["waiting"], ...}: categories that stop a clock
    pauses = models.JSONField(default=dict)
    reopen_window_s = models.PositiveIntegerField(default=7 * 86400)
    warn_share = models.FloatField(default=0.75)  # at risk once this share of the target is spent
    warn_before_s = models.PositiveIntegerField(null=True)  # or once so little of it is left
    bot_counts = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """A policy and its calendar as they stood, so that old clocks stay explainable."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    body = models.JSONField()  # the policy's columns, and its calendar as calc.hours reads it
    open_too = models.BooleanField(default=False)  # also for conversations that were open at valid_from
    token = models.CharField(max_length=32, default=new_token)  # tells each process what it has read

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["policy", "version"], name="sla_policyversion_once"),
        ]

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.version}"


class Track(models.Model):
    """What was promised to one conversation and from when on: what its own events do not say."""

    ticket = models.OneToOneField("tickets.Ticket", models.CASCADE, primary_key=True, related_name="+")
    # [["2026-01-05T09:00:00+00:00", policy id or null, version or null, priority], ...], oldest first
    applied = models.JSONField(default=list)
    # [{"of": id, "at": ..., "since": ..., "unanswered_since": ...}, ...]: conversations merged into this one
    absorbed = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"track of {self.ticket_id}"


class Clock(models.Model):
    """One cycle of one promise on one conversation: a cached result of calc.clocks over the events."""

    ticket = models.ForeignKey("tickets.Ticket", models.CASCADE, related_name="+")
    metric = models.CharField(max_length=16)  # first_reply, next_reply, periodic_update, resolution
    cycle = models.PositiveSmallIntegerField(default=1)
    policy = models.ForeignKey(Policy, models.SET_NULL, null=True, related_name="+")
    policy_version = models.PositiveIntegerField(default=1)
    target_s = models.PositiveIntegerField(null=True)  # None: measured, nothing promised
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # None while paused
    warn_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    outcome = models.CharField(
        max_length=16
    )  # running, paused, met, breached, not_applicable, cancelled, merged
    by_change = models.BooleanField(default=False)  # a policy change, not time, broke it
    elapsed_s = models.FloatField(null=True)  # open seconds spent, once stopped
    calendar_s = models.FloatField(null=True)  # all seconds spent, once stopped
    alarm_at = models.DateTimeField(null=True)  # next instant at which something is to be told
    warned = models.BooleanField(default=False)
    breach_told = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["ticket", "metric", "cycle"], name="sla_clock_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["alarm_at", "id"], name="sla_clock_alarm", condition=models.Q(alarm_at__isnull=False)
            ),
            # Shares of promises kept are counted from these alone, without the rows.
            models.Index(
                fields=["metric", "outcome", "stopped_at", "ticket"],
                name="sla_clock_kept",
                condition=models.Q(target_s__isnull=False),
            ),
            models.Index(
                fields=["metric", "breached_at", "outcome", "ticket"],
                name="sla_clock_broken",
                condition=models.Q(breached_at__isnull=False, target_s__isnull=False),
            ),
            models.Index(fields=["metric", "stopped_at"], name="sla_clock_metric"),
            models.Index(
                fields=["due_at", "id"], name="sla_clock_due", condition=models.Q(stopped_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.cycle} of {self.ticket_id}"
