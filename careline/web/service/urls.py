"""Addresses: setting up opening hours and service level policies."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "service"
urlpatterns: list[URLPattern] = []
