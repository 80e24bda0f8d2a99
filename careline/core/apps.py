"""The Django app of this domain."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "careline.core"
    label = "core"
