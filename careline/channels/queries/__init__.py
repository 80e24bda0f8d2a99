"""What may be seen of mailboxes and mail."""

from careline.channels.queries.intake import (
    IntakeCounts,
    MailFilter,
    MailPage,
    intake_alarm,
    intake_counts,
    intake_troubles,
    mail_bytes,
    mail_of_message,
    mail_page,
    quarantined_page,
    raw_mail,
)

__all__ = [
    "IntakeCounts",
    "MailFilter",
    "MailPage",
    "intake_alarm",
    "intake_counts",
    "intake_troubles",
    "mail_bytes",
    "mail_of_message",
    "mail_page",
    "quarantined_page",
    "raw_mail",
]
