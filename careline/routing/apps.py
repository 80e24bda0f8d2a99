"""The Django app of this domain."""

from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "careline.routing"
    label = "routing"
