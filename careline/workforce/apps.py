"""The Django app of this domain."""

from django.apps import AppConfig


class WorkforceConfig(AppConfig):
    name = "careline.workforce"
    label = "workforce"
