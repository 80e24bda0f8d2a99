"""The Django app of this domain."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "careline.customers"
    label = "customers"
