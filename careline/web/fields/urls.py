"""Addresses: what conversations are described with: statuses, contact reasons, tags, shared views."""

from __future__ import annotations

from django.urls import URLPattern, path

from careline.web.fields.views import reasons, shared, statuses, tags

app_name = "fields"
urlpatterns: list[URLPattern] = [
    path("", statuses.statuses, name="fields"),
    path("statuses/<int:pk>/", statuses.status, name="status"),
    path("statuses/<int:pk>/move/", statuses.move, name="status_move"),
    path("statuses/<int:pk>/default/", statuses.default, name="status_default"),
    path("statuses/<int:pk>/archive/", statuses.archive, name="status_archive"),
    path("statuses/<int:pk>/restore/", statuses.restore, name="status_restore"),
    path("reasons/", reasons.reasons, name="reasons"),
    path("reasons/<int:pk>/", reasons.reason, name="reason"),
    path("reasons/<int:pk>/place/", reasons.place, name="reason_place"),
    path("reasons/<int:pk>/move/", reasons.move, name="reason_move"),
    path("reasons/<int:pk>/archive/", reasons.archive, name="reason_archive"),
    path("reasons/<int:pk>/restore/", reasons.restore, name="reason_restore"),
    path("tags/", tags.tags, name="tags"),
    path("tags/<int:pk>/", tags.tag, name="tag"),
    path("tags/<int:pk>/merge/", tags.merge, name="tag_merge"),
    path("tags/<int:pk>/remove/", tags.remove, name="tag_remove"),
    path("tags/<int:pk>/restore/", tags.restore, name="tag_restore"),
    path("views/", shared.views, name="views"),
    path("views/<int:pk>/", shared.view, name="view"),
    path("views/<int:pk>/move/", shared.move, name="view_move"),
    path("views/<int:pk>/reset/", shared.reset, name="view_reset"),
    path("views/<int:pk>/remove/", shared.remove, name="view_remove"),
    path("views/<int:pk>/restore/", shared.restore, name="view_restore"),
]
