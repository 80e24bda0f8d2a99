"""The Django app of this domain."""

from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "careline.quality"
    label = "quality"
