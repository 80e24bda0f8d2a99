"""Addresses: setting up opening hours and service level policies."""

from __future__ import annotations

from django.urls import URLPattern, path

from careline.web.service import hours, hours_look, policies, policy

app_name = "service"
urlpatterns: list[URLPattern] = [
    path("", policies.service, name="service"),
    path("state/", policies.state, name="state"),
    path("apply/", policies.apply, name="apply"),
    path("policies/new/", policy.new, name="policy_new"),
    path("policies/condition/", policy.condition, name="policy_condition"),
    path("policies/effect/", policy.effect, name="policy_effect"),
    path("policies/<int:pk>/", policy.policy_page, name="policy"),
    path("policies/<int:pk>/move/", policies.move, name="policy_move"),
    path("policies/<int:pk>/archive/", policies.archive, name="policy_archive"),
    path("policies/<int:pk>/restore/", policies.restore, name="policy_restore"),
    path("hours/", hours.calendars, name="hours"),
    path("hours/new/", hours.new, name="calendar_new"),
    path("hours/look/", hours_look.look, name="hours_look"),
    path("hours/<int:pk>/", hours.calendar_page, name="calendar"),
    path("hours/<int:pk>/effect/", hours_look.effect, name="hours_effect"),
    path("hours/<int:pk>/remove/", hours.remove, name="calendar_remove"),
]
