"""The Django app of this domain."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "careline.people"
    label = "people"
