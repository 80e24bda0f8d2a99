"""Addresses: setting up mailboxes, and the mail that could not be read or sent."""

from __future__ import annotations

from django.urls import path

from careline.web.channels.views import mailboxes, outbox, quarantine

app_name = "channels"
urlpatterns = [
    path("", mailboxes.mailboxes, name="mailboxes"),
    path("new/", mailboxes.mailbox_new, name="mailbox_new"),
    path("test/", mailboxes.mailbox_test, name="mailbox_test"),
    path("<int:pk>/", mailboxes.mailbox, name="mailbox"),
    path("<int:pk>/pause/", mailboxes.mailbox_pause, name="mailbox_pause"),
    path("<int:pk>/activate/", mailboxes.mailbox_activate, name="mailbox_activate"),
    path("quarantine/", quarantine.quarantine, name="quarantine"),
    path("quarantine/retry/", quarantine.mail_retry_all, name="mail_retry_all"),
    path("quarantine/<int:pk>/retry/", quarantine.mail_retry, name="mail_retry"),
    path("quarantine/<int:pk>/discard/", quarantine.mail_discard, name="mail_discard"),
    path("quarantine/<int:pk>/restore/", quarantine.mail_restore, name="mail_restore"),
    path("quarantine/<int:pk>/raw/", quarantine.mail_raw, name="mail_raw"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/retry/", outbox.outgoing_retry_all, name="outgoing_retry_all"),
    path("outbox/<int:pk>/retry/", outbox.outgoing_retry, name="outgoing_retry"),
    path("outbox/<int:pk>/cancel/", outbox.outgoing_cancel, name="outgoing_cancel"),
    path("outbox/<int:pk>/restore/", outbox.outgoing_restore, name="outgoing_restore"),
    path("outbox/<int:pk>/raw/", outbox.outgoing_raw, name="outgoing_raw"),
]
