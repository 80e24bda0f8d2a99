"""Addresses: find or do anything: what the command bar asks for."""

from __future__ import annotations

from django.urls import path

from careline.web.command import views

app_name = "command"
urlpatterns = [path("", views.command, name="command")]
