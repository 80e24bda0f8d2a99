"""The Django app of this domain."""

from django.apps import AppConfig


class AssistConfig(AppConfig):
    name = "careline.assist"
    label = "assist"
