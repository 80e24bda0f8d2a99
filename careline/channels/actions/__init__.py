"""What can happen to mailboxes and mail."""

from careline.channels.actions.acknowledge import acknowledge
from careline.channels.actions.bounces import note_bounce
from careline.channels.actions.intake import take_in, take_in_waiting
from careline.channels.actions.mailboxes import (
    AddressTaken,
    MailboxRefused,
    activate_mailbox,
    pause_mailbox,
    save_mailbox,
)
from careline.channels.actions.outbox import (
    MailIsNotWaiting,
    NothingCanSend,
    cancel_outgoing,
    owe_reply,
    restore_outgoing,
    retry_all_outgoing,
    retry_outgoing,
)
from careline.channels.actions.quarantine import (
    MailIsNotDiscarded,
    MailIsNotQuarantined,
    discard_mail,
    restore_mail,
    retry_all_mail,
    retry_mail,
)
from careline.channels.actions.store import store_mail
from careline.channels.post import send_due

__all__ = [
    "AddressTaken",
    "MailIsNotDiscarded",
    "MailIsNotQuarantined",
    "MailIsNotWaiting",
    "MailboxRefused",
    "NothingCanSend",
    "acknowledge",
    "activate_mailbox",
    "cancel_outgoing",
    "discard_mail",
    "note_bounce",
    "owe_reply",
    "pause_mailbox",
    "restore_mail",
    "restore_outgoing",
    "retry_all_mail",
    "retry_all_outgoing",
    "retry_mail",
    "retry_outgoing",
    "save_mailbox",
    "send_due",
    "store_mail",
    "take_in",
    "take_in_waiting",
]
