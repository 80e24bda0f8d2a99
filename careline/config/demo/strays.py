"""The few mails that nobody could read: what quarantine is for."""

from __future__ import annotations

from datetime import datetime, timedelta

from careline.config.demo.records import StrayMail

_HEAD = "From: {sender}\r\nTo: help@lumenhafen.example\r\nSubject: {subject}\r\nMessage-ID: <{id}@{host}>\r\n"


def stray_mails(*, start: datetime, now: datetime) -> tuple[StrayMail, ...]:
    """Return four broken mails, each broken in its own way."""
    return (
        _stray(
            now - timedelta(hours=5),
            "scanner@praxis-lindenhof.example",
            "Scan of damaged box",
            "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" + "--a\r\n" * 60,
            "The mail holds more than 50 levels of parts.",
        ),
        _stray(
            now - timedelta(days=2, hours=3),
            "noreply@newsdesk.example",
            "=?x-none?Q?Angebot_der_Woche?=",
            "Content-Transfer-Encoding: base64\r\n\r\n" + "A" * 1001,
            "Reading the mail took longer than 20 seconds and was stopped.",
        ),
        _stray(
            now - (now - start) * 0.12,
            "frauke.lohse@postfach.example",
            "Bilder meiner Lampe",
            "Content-Type: application/octet-stream\r\n\r\nPK\x03\x04",
            "The reader ran out of memory while unpacking an attachment.",
        ),
        _stray(
            now - (now - start) * 0.31,
            "accounts@hotel-marina.example",
            "Statement",
            "Content-Type: text/plain; charset=x-mac-unknown\r\n\r\n\x80\x81",
            "The reader stopped without an answer.",
        ),
    )


def _stray(at: datetime, sender: str, subject: str, rest: str, problem: str) -> StrayMail:
    host = sender.partition("@")[2]
    head = _HEAD.format(sender=sender, subject=subject, id=f"{at:%Y%m%d%H%M%S}", host=host)
    return StrayMail(at, sender, subject, (head + rest).encode("latin-1"), problem)
