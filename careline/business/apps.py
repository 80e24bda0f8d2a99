"""The Django app of this domain."""

from django.apps import AppConfig


class BusinessConfig(AppConfig):
    name = "careline.business"
    label = "business"
