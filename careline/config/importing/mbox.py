"""The mails of an mbox into tickets, threaded by Message-ID and References, at their original dates.

A mail from one of the mailbox's own addresses, or from somebody who signs in here, is an answer (a note, when
it went to nobody outside). A conversation whose last mail is older than OPEN_FOR counts as solved with it; a
younger one waits on the customer if we wrote last, and is open otherwise. Each mail is kept as a mail that
has come is, so that a second run, or reading the same mailbox later, brings nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import IO

from django.db import transaction

from careline.calc.mail.addresses import normal
from careline.calc.mail.quote_html import fold_html
from careline.calc.mail.shapes import Address, Mail
from careline.calc.mail.threading import seen_ids
from careline.channels.guard import Failure, parse_limited
from careline.channels.matching import survivor
from careline.channels.models import Mailbox, RawMail
from careline.channels.ours import Ours, is_ours, ours
from careline.channels.saying import hash_of, subject_of, worth_telling
from careline.config.demo import bulk
from careline.config.importing import ground as grounds
from careline.config.importing import letters, mbox_file
from careline.config.importing.drafts import Change, Customer, Draft, Letter, Said
from careline.config.importing.ground import Ground
from careline.config.importing.mapping import Map
from careline.config.importing.mbox_file import Head
from careline.config.importing.report import Report
from careline.config.importing.run import note_import, write_drafts
from careline.config.importing.threads import threads
from careline.config.importing.values import safe
from careline.core import events

BATCH = 40  # conversations in one transaction
OPEN_FOR = timedelta(days=14)
LOOK_UP = 500
MOST_OTHERS = 40
Progress = Callable[[str, float], None]


class NoSuchMailbox(Exception):
    """There is no mailbox with this address."""


def run(
    path: Path, address: str, *, now: datetime, dry_run: bool = False, report_file: Path | None = None,
    progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Import an mbox into a mailbox's tickets, or say what an import would do.

    Raises
    ------
    NoSuchMailbox
        No mailbox has this address.
    Unreadable
        The file cannot be read, or is no mbox.
    """
    box = _mailbox(address)
    report = Report("mbox", unit="mails", dry_run=dry_run, file=None if dry_run else report_file)
    tell = progress or (lambda _what, _share: None)
    try:
        with events.origin("import"), mbox_file.unpacked(path) as stream:
            _Import(box, stream, report, now=now, tell=tell).run()
    finally:
        report.close()
    return report


def _mailbox(address: str) -> Mailbox:
    wanted = normal(address)
    boxes = list(Mailbox.objects.select_related("team"))
    for box in boxes:
        if wanted in {normal(one) for one in (box.address, *box.aliases)}:
            return box
    known = ", ".join(sorted(box.address for box in boxes)) or "none yet; make one under Setup, Channels"
    raise NoSuchMailbox(f"There is no mailbox {address}. Mailboxes: {known}.")


class _Import:
    """One run over one file."""

    def __init__(
        self, box: Mailbox, stream: IO[bytes], report: Report, *, now: datetime, tell: Progress
    ) -> None:
        self._box = box
        self._stream = stream
        self._report = report
        self._now = now
        self._tell = tell
        self._ours: Ours = ours()

    def run(self) -> None:
        """Sort the mails into conversations, then write these batch by batch."""
        self._tell("Sorting", 0.0)
        found = threads(self._new_heads())
        if self._report.dry_run:
            self._rehearse(found)
            return
        with transaction.atomic():
            grounds.make_missing_statuses()
        ground = Ground(_no_map(self._box))
        done, stream = 0, iter(found)
        while batch := list(islice(stream, BATCH)):
            self._tell("Importing", done / max(len(found), 1))
            self._write(batch, ground)
            done += len(batch)
        self._report.made = ground.made
        bulk.analyse()
        note_import(self._report, now=self._now)

    def _new_heads(self) -> list[Head]:
        """Return the mails that are not in yet; what has no date or is too large is told."""
        latest = self._now + timedelta(days=1)
        found: list[Head] = []
        seen: set[tuple[str, datetime | None]] = set()
        for head in mbox_file.heads(self._stream, latest=latest):
            twin = (head.message_id or head.key, head.at)
            if head.problem:
                self._report.skip(head.number, head.message_id, head.problem)
            elif twin not in seen:  # the same mail lies in several folders
                found.append(head)
            seen.add(twin)
        known = self._known([head.key for head in found])
        self._report.known = len(found) - sum(head.key not in known for head in found)
        return [head for head in found if head.key not in known]

    def _known(self, keys: Sequence[str]) -> set[str]:
        rows = RawMail.objects.filter(mailbox=self._box)
        return {
            key
            for start in range(0, len(keys), LOOK_UP)
            for key in rows.filter(dedupe_key__in=keys[start : start + LOOK_UP]).values_list(
                "dedupe_key", flat=True
            )
        }

    def _rehearse(self, found: Iterable[list[Head]]) -> None:
        for thread in found:
            draft = self._draft(thread)
            if draft is not None:
                self._report.tickets += draft.ticket_id is None
                self._report.messages += len(draft.said)
                self._report.events += len(draft.said) + 2 * (draft.ticket_id is None)

    def _write(self, batch: list[list[Head]], ground: Ground) -> None:
        drafts = [draft for thread in batch if (draft := self._draft(thread)) is not None]
        if not drafts:
            return
        with transaction.atomic():
            rows = write_drafts(drafts, ground, now=self._now)
            letters.keep(rows, self._box, now=self._now)
        self._report.tickets += len(rows.tickets)
        self._report.messages += len(rows.messages)
        self._report.events += len(rows.events)

    def _draft(self, thread: list[Head]) -> Draft | None:
        said = [one for head in thread if (one := self._said(head)) is not None]
        known = self._continued(thread)
        if known is None:
            said = self._without_machines(thread, said)
        if not said:
            return None
        customer = _customer(said)
        if customer is None and known is None:
            self._report.skip(thread[0].number, thread[0].message_id, "nobody outside takes part")
            return None
        first = said[0]
        return Draft(
            line=thread[0].number,
            id=(thread[0].message_id or thread[0].key)[:200],
            subject=first.letter.subject if first.letter else "",
            customer=customer or Customer(),
            opened_at=first.at,
            channel="email",
            team=self._box.team.name if self._box.team else "",
            said=said,
            changes=self._end(said),
            brand_id=self._box.brand_id,
            ticket_id=known,
        )

    def _continued(self, thread: list[Head]) -> int | None:
        """Return the conversation that a mail of this thread, or one it names, is in already."""
        known = letters.conversation_of(self._box, [one for head in thread for one in head.ids])
        return survivor(known).pk if known else None

    def _without_machines(self, thread: list[Head], said: list[Said]) -> list[Said]:
        """Leave out what only a machine said: it opens no conversation."""
        if any(one.letter is None or one.letter.automatic in {"none", "list"} for one in said):
            return said
        for head in thread if said else ():
            self._report.skip(head.number, head.message_id, "an automatic mail that answers nothing")
        return []

    def _end(self, said: list[Said]) -> list[Change]:
        last = said[-1]
        if self._now - last.at > OPEN_FOR:
            return [Change(last.at, "", {"status": "solved"})]
        return [Change(last.at, "", {"status": "waiting" if last.kind == "out" else "open"})]

    def _said(self, head: Head) -> Said | None:
        raw = mbox_file.read(self._stream, head.start, head.size)
        mail = parse_limited(raw, own=self._ours.known_to_parser)
        if isinstance(mail, Failure):
            self._report.skip(head.number, head.message_id, mail.sentence.rstrip("."))
            return None
        sender = normal((mail.from_ if mail.from_.address else mail.sender).address)
        if not sender:
            self._report.skip(head.number, head.message_id, "names no sender")
            return None
        return self._spoken(head, mail, raw, sender)

    def _spoken(self, head: Head, mail: Mail, raw: bytes, sender: str) -> Said:
        author = self._ours.agents.get(sender)
        from_us = author is not None or is_ours(sender, self._ours.addresses)
        outside = self._outside(mail, sender)
        kind = "in" if not from_us else "out" if outside else "note"
        html, quoted = (
            fold_html(mail.body_html) if mail.body_html and mail.quoted_text else (mail.body_html, "")
        )
        others = outside[1:] if kind == "out" else outside
        letter = Letter(
            writer=Customer() if from_us else Customer(name=safe(mail.from_.name)[:200], email=sender),
            recipient=Customer(name=safe(outside[0].name)[:200], email=normal(outside[0].address))
            if kind == "out"
            else Customer(),
            author_id=author,
            address=(normal(outside[0].address) if kind == "out" else sender)[:320],
            subject=safe(subject_of(mail)),
            automatic=mail.automatic if not from_us and mail.automatic != "loop" else "none",
            visible_text=safe(mail.reply_text or mail.body_text),
            html=safe(html),
            quoted_html=safe(quoted),
            written_at=mail.date,
            cc=[{"name": safe(one.name), "address": one.address} for one in others],
            flags=worth_telling(mail),
            files=mail.attachments,
            raw=raw,
            key=head.key,
            sender=sender,
            body_hash=hash_of(mail),
            message_id=mail.message_id,
            seen_ids=seen_ids(mail),
        )
        assert head.at is not None
        return Said(head.at, kind, safe(mail.body_text), letter=letter)

    def _outside(self, mail: Mail, sender: str) -> list[Address]:
        """Return to whom outside a mail went, each once."""
        found: dict[str, Address] = {}
        for one in (*mail.to, *mail.cc):
            address = normal(one.address)
            inside = is_ours(address, self._ours.addresses) or address in self._ours.agents
            if address and address != sender and not inside:
                found.setdefault(address, one)
        return list(found.values())[:MOST_OTHERS]


def _customer(said: list[Said]) -> Customer | None:
    """Return who wrote first; where nobody outside wrote, to whom we did."""
    writers = [one.letter.writer for one in said if one.letter and one.letter.writer.key]
    recipients = [one.letter.recipient for one in said if one.letter and one.letter.recipient.key]
    return next(iter((*writers, *recipients)), None)


def _no_map(box: Mailbox) -> Map:
    return Map(
        name="mbox",
        source=f"mbox:{box.pk}",
        kind="",
        encoding="utf-8",
        delimiter=",",
        formats=(),
        zone="UTC",
        agent_name="{id}",
        ticket={},
        customer={},
        messages=None,
        changes=None,
    )
