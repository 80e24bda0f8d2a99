"""The Django app of this domain."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "careline.tickets"
    label = "tickets"
