"""The Django app of the screens."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "careline.web"
    label = "web"
