"""The address /."""

from django.urls import path

from careline.web.home import views

app_name = "home"
urlpatterns = [path("", views.home, name="home")]
