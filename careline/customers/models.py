"""The people and organisations we answer to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower


class Organisation(models.Model):
    """A company or household whose people we know."""

    name = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(Lower("name"), "id", name="customers_org_name"),
            models.Index(fields=["created_at", "id"], name="customers_org_added"),
        ]

    def __str__(self) -> str:
        return self.name


class Domain(models.Model):
    """A mail domain whose writers belong to one organisation."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="domains")
    name = models.CharField(max_length=255, unique=True)  # lower case, "example.org"

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """One customer, whatever addresses they write from."""

    name = models.CharField(max_length=200, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="people"
    )
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    notes = models.TextField(blank=True)
    vip = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(Lower("name"), "id", name="customers_person_name"),
            models.Index(fields=["created_at", "id"], name="customers_person_added"),
        ]

    def __str__(self) -> str:
        return self.name or f"customer {self.pk}"


class Address(models.Model):
    """One way to reach a person: an e-mail address or a phone number, normalised."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=8, choices=[("email", "email"), ("phone", "phone")])
    value = models.CharField(max_length=320)  # email in lower case; phone as E.164
    primary = models.BooleanField(default=False)  # the one of its kind that we use first
    undeliverable_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "value"], name="customers_address_once"),
            models.UniqueConstraint(
                fields=["person", "kind"],
                name="customers_address_one_primary",
                condition=models.Q(primary=True),
            ),
        ]

    def __str__(self) -> str:
        return self.value


class RemovedAddress(models.Model):
    """An address taken from a person a short while ago, kept so that it can be given back."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    address_id = models.BigIntegerField(unique=True)  # what it was called in the event that tells of it
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=320)
    primary = models.BooleanField(default=False)
    undeliverable_since = models.DateTimeField(null=True)
    removed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"address {self.address_id} of {self.person_id}"
