"""The Django app of this domain."""

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "careline.knowledge"
    label = "knowledge"
