"""Addresses of the first pages and of the invitation."""

from django.urls import path

from careline.web.start import demo, desk, join, views

app_name = "start"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/demo/", demo.begin, name="demo"),
    path("start/demo/progress/", demo.progress_page, name="progress"),
    path("start/demo/again/", demo.again, name="again"),
    path("start/demo/enter/", demo.enter, name="enter"),
    path("start/people/", demo.people, name="people"),
    path("start/over/", demo.over, name="over"),
    path("start/desk/", desk.administrator, name="administrator"),
    path("start/desk/test/", desk.test_mailbox, name="test_mailbox"),
    path("start/desk/<slug:step>/", desk.step, name="step"),
    path("join/<str:token>/", join.join, name="join"),
]
