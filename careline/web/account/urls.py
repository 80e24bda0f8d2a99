"""Addresses of one's own pages."""

from django.urls import path

from careline.web.account import views

app_name = "account"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("availability/", views.availability, name="availability"),
]
