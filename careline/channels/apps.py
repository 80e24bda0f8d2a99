"""The Django app of this domain."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "careline.channels"
    label = "channels"
