"""Joins the house together when Django starts."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "careline.config"
    label = "config"

    def ready(self) -> None:
        from careline.config.reactions import AT_ONCE, QUEUED
        from careline.core import events

        events.wire(at_once=AT_ONCE, queued=QUEUED)
