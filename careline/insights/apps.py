"""The Django app of this domain."""

from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "careline.insights"
    label = "insights"
