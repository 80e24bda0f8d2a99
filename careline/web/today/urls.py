"""Addresses: the manager's home: what needs a decision now."""

from __future__ import annotations

from django.urls import URLPattern, path

from careline.web.today import views

app_name = "today"
urlpatterns: list[URLPattern] = [
    path("", views.today, name="today"),
    path("figures/<str:key>/", views.promises, name="promises"),
    path("targets/", views.targets, name="targets"),
]
