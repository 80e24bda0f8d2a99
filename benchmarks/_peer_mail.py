"""Runs inside django-helpdesk's environment: its own intake of the same mails, as it reads local files."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from time import perf_counter, process_time

import django

django.setup()

from _peer_pages import fill  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils.encoding import force_str  # noqa: E402
from helpdesk.email import extract_email_metadata  # noqa: E402
from helpdesk.models import Queue  # noqa: E402


def main() -> None:
    """Measure."""
    tickets, smtp_port = int(sys.argv[2]), int(sys.argv[3])
    if tickets:
        fill(tickets)
    else:
        call_command("migrate", verbosity=0)
        call_command("loaddata", "emailtemplate.json", verbosity=0)
    if smtp_port:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_port
    queue = Queue.objects.create(
        title="Desk",
        slug="desk",
        email_address="care@desk.test",
        allow_email_submission=True,
        email_box_type="local",
    )
    logger = logging.getLogger("silent")
    logger.disabled = True
    failed, began, cpu = 0, perf_counter(), process_time()
    for path in sorted(Path(sys.argv[1]).iterdir()):
        try:
            message = force_str(path.read_text(), errors="replace")
            failed += extract_email_metadata(message=message, queue=queue, logger=logger) is None
        except Exception:  # counted: what it cannot read, it does not take in
            failed += 1
    spent = perf_counter() - began
    print(json.dumps({"seconds": spent, "failed": failed, "cpu": process_time() - cpu}))


if __name__ == "__main__":
    main()
