"""Addresses: working conversations: the inbox and the ticket page."""

from __future__ import annotations

from django.urls import URLPattern

app_name = "tickets"
urlpatterns: list[URLPattern] = []
