"""Addresses of the component gallery."""

from django.urls import path

from careline.web.interface import views

app_name = "interface"
urlpatterns = [path("setup/interface/", views.interface, name="interface")]
