"""Addresses: people and organisations we answer to."""

from __future__ import annotations

from django.urls import URLPattern, path

from careline.web.customers.views import addresses, export, lists, new, organisation, person, undo

app_name = "customers"
urlpatterns: list[URLPattern] = [
    path("", lists.people, name="list"),
    path("new/", new.person_new, name="person_new"),
    path("export/", export.people, name="people_export"),
    path("undo/<int:event_id>/", undo.undo, name="undo"),
    path("<int:pk>/", person.person, name="person"),
    path("<int:pk>/edit/", person.person_edit, name="person_edit"),
    path("<int:pk>/leave/", person.person_leave, name="person_leave"),
    path("<int:pk>/addresses/", addresses.add, name="address_add"),
    path("<int:pk>/addresses/<int:address_pk>/remove/", addresses.remove, name="address_remove"),
    path("<int:pk>/addresses/<int:address_pk>/primary/", addresses.primary, name="address_primary"),
    path("<int:pk>/addresses/<int:address_pk>/works/", addresses.works, name="address_works"),
    path("organisations/", lists.organisations, name="organisations"),
    path("organisations/new/", new.organisation_new, name="organisation_new"),
    path("organisations/export/", export.organisations, name="organisations_export"),
    path("organisations/<int:pk>/", organisation.organisation, name="organisation"),
    path("organisations/<int:pk>/edit/", organisation.organisation_edit, name="organisation_edit"),
    path("organisations/<int:pk>/domains/", organisation.domain_add, name="domain_add"),
    path(
        "organisations/<int:pk>/domains/<int:domain_pk>/remove/",
        organisation.domain_remove,
        name="domain_remove",
    ),
    path("organisations/<int:pk>/domains/<int:domain_pk>/adopt/", organisation.adopt, name="adopt"),
]
