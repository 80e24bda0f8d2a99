"""Addresses: setting up mailboxes, and the mail that could not be read."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "channels"
urlpatterns: list[URLPattern] = []
