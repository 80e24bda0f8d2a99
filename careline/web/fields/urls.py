"""Addresses: setting up statuses, contact reasons, tags and shared views."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "fields"
urlpatterns: list[URLPattern] = []
