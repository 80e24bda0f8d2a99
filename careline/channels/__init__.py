"""How conversations arrive and leave: mailboxes, mail intake, quarantine and the outbox.

Events: mail.received, mail.quarantined, mail.retried, mail.discarded, mail.restored, mail.sent,
mail.failed, mail.bounced, mailbox.changed.
"""
