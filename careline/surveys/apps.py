"""The Django app of this domain."""

from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "careline.surveys"
    label = "surveys"
