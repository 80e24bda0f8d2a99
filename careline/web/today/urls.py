"""Addresses: the manager's home: what needs a decision now."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "today"
urlpatterns: list[URLPattern] = []
