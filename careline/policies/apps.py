"""The Django app of this domain."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "careline.policies"
    label = "policies"
