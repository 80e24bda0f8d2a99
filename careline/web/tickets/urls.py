"""Addresses: working conversations: the inbox and the ticket page."""

from __future__ import annotations

from django.urls import path

from careline.web.tickets import bulk, change, export, inbox, mail, new, reply, saved, ticket

app_name = "tickets"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/pulse/", inbox.inbox_pulse, name="inbox_pulse"),
    path("inbox/dues/", inbox.inbox_dues, name="inbox_dues"),
    path("inbox/change/", bulk.inbox_change, name="inbox_change"),
    path("inbox/undo/", bulk.inbox_undo, name="inbox_undo"),
    path("inbox/export/", export.inbox_export, name="inbox_export"),
    path("inbox/views/save/", saved.view_save, name="view_save"),
    path("inbox/views/<int:pk>/rename/", saved.view_rename, name="view_rename"),
    path("inbox/views/<int:pk>/remove/", saved.view_remove, name="view_remove"),
    path("inbox/views/<int:pk>/restore/", saved.view_restore, name="view_restore"),
    path("tickets/new/", new.new, name="new"),
    path("tickets/new/people/", new.new_people, name="new_people"),
    path("tickets/<int:pk>/", ticket.ticket, name="ticket"),
    path("tickets/<int:pk>/history/", ticket.ticket_history, name="ticket_history"),
    path("tickets/<int:pk>/pulse/", ticket.ticket_pulse, name="ticket_pulse"),
    path("tickets/<int:pk>/properties/", ticket.ticket_properties, name="ticket_properties"),
    path("tickets/<int:pk>/why/", ticket.ticket_why, name="ticket_why"),
    path("tickets/<int:pk>/reply/", reply.ticket_reply, name="ticket_reply"),
    path("tickets/<int:pk>/change/<slug:what>/", change.ticket_change, name="ticket_change"),
    path("tickets/<int:pk>/no-reply/", change.ticket_no_reply, name="ticket_no_reply"),
    path("tickets/<int:pk>/undo/<int:event_id>/", change.ticket_undo, name="ticket_undo"),
    path("tickets/<int:pk>/messages/<int:message_id>/body/", mail.message_body, name="message_body"),
    path("tickets/<int:pk>/messages/<int:message_id>/raw/", mail.message_raw, name="message_raw"),
    path(
        "tickets/<int:pk>/messages/<int:message_id>/delivery/", mail.message_delivery, name="message_delivery"
    ),
    path("tickets/<int:pk>/messages/<int:message_id>/retry/", mail.message_retry, name="message_retry"),
    path("tickets/<int:pk>/files/<int:file_id>/", mail.file, name="file"),
]
