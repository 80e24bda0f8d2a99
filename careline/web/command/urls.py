"""Addresses: find or do anything: what the command bar asks for."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "command"
urlpatterns: list[URLPattern] = []
