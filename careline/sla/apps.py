"""The Django app of this domain."""

from django.apps import AppConfig


class SlaConfig(AppConfig):
    name = "careline.sla"
    label = "sla"
