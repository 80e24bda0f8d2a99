"""Reading a mailbox over IMAP, from a real Dovecot."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from django.utils import timezone

from careline.channels import imap, intake_loop, oauth, reader
from careline.channels.actions import take_in_waiting
from careline.channels.imap import Folder, ImapError, account_of
from careline.channels.keys import seal, unseal
from careline.channels.models import Mailbox, RawMail
from careline.channels.reader import Reader, receipt, wait_s
from careline.core import files
from careline.tickets.models import Message, Ticket
from tests.channels.arriving import NOW, letter, make_mailbox
from tests.real.dovecot import Dovecot
from tests.real.ports import free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def box_at(dovecot: Dovecot, address: str, **over: object) -> Mailbox:
    way = {
        "kind": "imap",
        "host": dovecot.host,
        "port": dovecot.port,
        "security": "none",
        "user": address,
        "auth": "password",
        "folder": "INBOX",
        **over,
    }
    return make_mailbox(address, inbound=way, secret=seal({"password": dovecot.password}))


def reader_of(box: Mailbox) -> Reader:
    return Reader(box.pk, timezone.now, threading.Event())


def read(box: Mailbox) -> int:
    """Connect, keep what is new, and hang up."""
    one = reader_of(box)
    folder = one.connect()
    try:
        return one.read_new(folder)
    finally:
        folder.close()


def flags_of(dovecot: Dovecot, address: str) -> list[bytes]:
    with dovecot.session(address) as connection:
        connection.select("INBOX", readonly=True)
        return [line for line in connection.fetch("1:*", "(FLAGS)")[1] if line]


def test_all_mails_are_read_and_none_is_marked_moved_or_deleted(dovecot: Dovecot):
    address = "all@desk.test"
    mails = [letter(f"Mail {number}") for number in range(5)]
    for raw in mails:
        dovecot.put(address, raw)
    box = box_at(dovecot, address)
    assert read(box) == 5
    assert [files.read(row.file) for row in RawMail.objects.order_by("uid")] == mails
    assert [b"Seen" in line for line in flags_of(dovecot, address)] == [False] * 5
    box.refresh_from_db()
    assert (box.last_uid, box.problem, box.checked_at is not None) == (5, "", True)
    assert take_in_waiting(NOW) == 5
    assert Ticket.objects.count() == 5


def test_a_mail_that_a_person_has_read_already_is_read_all_the_same(dovecot: Dovecot):
    address = "seen@desk.test"
    dovecot.put(address, letter())
    with dovecot.session(address) as connection:
        connection.select("INBOX")
        connection.store("1", "+FLAGS", r"(\Seen \Deleted)")
    assert read(box_at(dovecot, address)) == 1


def test_only_what_is_behind_the_cursor_is_read_next_time(dovecot: Dovecot):
    address = "cursor@desk.test"
    box = box_at(dovecot, address)
    assert read(box) == 0
    dovecot.put(address, letter("One."))
    assert (read(box), read(box)) == (1, 0)
    dovecot.put(address, letter("Two."))
    assert (read(box), RawMail.objects.count()) == (1, 2)


def test_a_folder_that_is_numbered_anew_is_read_again_and_nothing_is_doubled(dovecot: Dovecot):
    address = "anew@desk.test"
    for number in range(3):
        dovecot.put(address, letter(f"Mail {number}"))
    box = box_at(dovecot, address)
    read(box)
    take_in_waiting(NOW)
    box.refresh_from_db()
    before = box.uid_validity
    dovecot.renumber(address)
    dovecot.put(address, letter("One more."))
    assert read(box) == 4
    take_in_waiting(NOW)
    box.refresh_from_db()
    assert box.uid_validity != before
    assert (RawMail.objects.count(), Ticket.objects.count(), Message.objects.count()) == (4, 4, 4)


def test_a_reader_that_dies_before_the_end_of_its_transaction_reads_the_same_mail_again(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
):
    address = "dies@desk.test"
    dovecot.put(address, letter())
    box = box_at(dovecot, address)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Reader, "_move_cursor", die)
        with pytest.raises(KeyboardInterrupt):
            read(box)
    box.refresh_from_db()
    assert (box.last_uid, RawMail.objects.count()) == (0, 0)
    assert (read(box), RawMail.objects.count()) == (1, 1)


def test_another_folder_can_be_read(dovecot: Dovecot):
    address = "folder@desk.test"
    with dovecot.session(address) as connection:
        connection.create("Support.Kunden")
    dovecot.put(address, letter(), folder="Support.Kunden")
    dovecot.put(address, letter("Not this one."))
    assert read(box_at(dovecot, address, folder="Support.Kunden")) == 1


def test_small_mails_are_fetched_together_and_big_ones_alone():
    mails = [imap.Listed(1, 10), imap.Listed(2, 10), imap.Listed(3, 5_000_000), imap.Listed(4, 10)]
    assert [[one.uid for one in group] for group in imap.grouped(mails)] == [[1, 2], [3], [4]]
    many = [imap.Listed(uid, 10) for uid in range(120)]
    assert [len(group) for group in imap.grouped(many)] == [50, 50, 20]


def test_of_a_mail_over_the_hard_cap_the_beginning_is_fetched(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(imap, "HARD_CAP", 50_000)
    monkeypatch.setattr(imap, "BEGINNING", 10_000)
    address = "huge@desk.test"
    dovecot.put(address, letter("See the film.\r\n" + "x" * 80_000))
    read(box_at(dovecot, address))
    row = RawMail.objects.get()
    assert row.file.size == 10_000
    assert row.size > 80_000


def test_an_empty_mail_and_one_of_odd_bytes_are_read_like_any_other(dovecot: Dovecot):
    address = "odd@desk.test"
    odd = b"Subject: \xff\xfe\r\n\r\n)\r\n* 9 FETCH (UID 99 BODY[] {3}\r\nabc)\r\n"
    for raw in (b"\r\n", odd, letter()):
        dovecot.put(address, raw)
    assert read(box_at(dovecot, address)) == 3
    assert files.read(RawMail.objects.order_by("uid")[1].file) == odd


def test_a_mail_that_the_server_will_not_give_out_is_noted_and_stops_no_other(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
):
    address = "broken@desk.test"
    for number in range(3):
        dovecot.put(address, letter(f"Mail {number}"))
    box = box_at(dovecot, address)
    original = Folder.fetch

    def fetch(folder: Folder, mails: list[imap.Listed]) -> list[imap.Fetched]:
        if any(one.uid == 2 for one in mails):
            raise imap.NotGiven("internal error")
        return original(folder, mails)

    monkeypatch.setattr(Folder, "fetch", fetch)
    assert read(box) == 3
    rows = list(RawMail.objects.order_by("uid"))
    assert [row.state for row in rows] == ["stored", "quarantined", "stored"]
    assert (
        rows[1].problem == "The mail server would not give out this mail (number 2 of INBOX): internal error"
    )
    assert read(box) == 0


def test_a_mail_that_breaks_the_connection_each_time_is_passed_over_in_the_end(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
):
    address = "breaks@desk.test"
    for number in range(3):
        dovecot.put(address, letter(f"Mail {number}"))
    one = reader_of(box_at(dovecot, address))
    original = Folder.fetch

    def fetch(folder: Folder, mails: list[imap.Listed]) -> list[imap.Fetched]:
        if any(mail.uid == 2 for mail in mails):
            raise ImapError("The connection broke.")
        return original(folder, mails)

    monkeypatch.setattr(Folder, "fetch", fetch)
    for _ in range(4):  # once together, three times alone
        folder = one.connect()
        with pytest.raises(ImapError):
            one.read_new(folder)
        folder.close()
    folder = one.connect()
    assert one.read_new(folder) == 2
    folder.close()
    assert sorted(RawMail.objects.values_list("uid", "state")) == [
        (1, "stored"),
        (2, "quarantined"),
        (3, "stored"),
    ]


@pytest.mark.parametrize(
    ("over", "words", "again"),
    [
        ({"user": "x@desk.test", "wrong": True}, "refused user or password", False),
        ({"folder": "Nowhere"}, "no folder called Nowhere", False),
        ({"host": "no-such-host.invalid"}, "no server called no-such-host.invalid", True),
        ({"security": "tls"}, "TLS", True),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence_that_helps(
    dovecot: Dovecot, over: dict[str, object], words: str, again: bool
):
    wrong = over.pop("wrong", False) if "wrong" in over else False
    box = box_at(dovecot, "wrong@desk.test", **over)
    if wrong:
        box.secret = seal({"password": "nonsense"})
        box.save()
    with pytest.raises(ImapError) as error:
        reader_of(box).connect()
    assert words in str(error.value)
    assert error.value.again == again


def test_a_secret_under_another_key_says_so(settings):
    box = make_mailbox(inbound={"kind": "imap"}, secret=seal({"password": "x"}))
    settings.SECRET_KEY = "another"
    with pytest.raises(ImapError, match="another secret key"):
        account_of(box, now=NOW)


def test_waits_grow_to_ten_minutes_and_a_wrong_password_is_not_tried_every_few_seconds():
    assert [wait_s(number, again=True) for number in (1, 2, 3, 8, 20)] == [5, 10, 20, 600, 600]
    assert [wait_s(number, again=False) for number in (1, 2, 5)] == [60, 120, 600]


def test_the_servers_time_of_receipt_counts_when_it_is_recent():
    assert receipt(NOW - timedelta(hours=9), NOW) == NOW - timedelta(hours=9)
    assert receipt(NOW - timedelta(days=30), NOW) == NOW
    assert receipt(NOW + timedelta(hours=1), NOW) == NOW
    assert receipt(None, NOW) == NOW


def test_a_running_reader_brings_in_what_arrives_and_tells_trouble_on_the_mailbox(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reader, "FIRST_WAIT_S", 0.1)
    monkeypatch.setattr(reader, "REFUSED_WAIT_S", 0.1)
    address = "runs@desk.test"
    dovecot.put(address, letter("There before."))
    box = box_at(dovecot, address)
    Mailbox.objects.update(secret=seal({"password": "wrong"}))
    one = reader_of(box)
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        wait_until(lambda: "refused" in Mailbox.objects.get().problem, what="the refusal")
        Mailbox.objects.update(secret=seal({"password": dovecot.password}))
        wait_until(lambda: RawMail.objects.count() == 1, what="the first mail")
        assert Mailbox.objects.get().problem == ""
        begun = time.monotonic()
        dovecot.put(address, letter("Just now."))
        wait_until(lambda: RawMail.objects.count() == 2, what="the mail that was announced")
        assert time.monotonic() - begun < 5
    finally:
        one.stop.set()
        begun = time.monotonic()
        thread.join(5)
    assert time.monotonic() - begun < 3
    assert not thread.is_alive()


def test_a_connection_that_ends_while_we_wait_is_noticed_at_once(dovecot: Dovecot):
    one = reader_of(box_at(dovecot, "ends@desk.test"))
    folder = one.connect()
    folder.begin_waiting()
    folder._box.client.sock.shutdown(2)
    begun = time.monotonic()
    with pytest.raises(ImapError):
        folder.wait(5.0)
    assert time.monotonic() - begun < 2
    folder.close()


def test_readers_follow_the_mailboxes(dovecot: Dovecot):
    stop = threading.Event()
    readers = intake_loop.Readers(timezone.now, stop, threading.Event())
    box = box_at(dovecot, "follow@desk.test")
    make_mailbox("delivered@desk.test", brand=box.brand)
    readers.look()
    (known, first, thread) = readers.running[box.pk]
    assert list(readers.running) == [box.pk]
    Mailbox.objects.filter(pk=box.pk).update(
        secret=seal({"password": dovecot.password, "access_token": "new"}), last_uid=7, problem="x"
    )
    readers.look()
    assert readers.running[box.pk][1] is first  # what a reader writes itself is no change
    Mailbox.objects.filter(pk=box.pk).update(inbound={**box.inbound, "folder": "Other"})
    readers.look()
    assert readers.running[box.pk][0] != known
    assert first.stop.is_set()
    second = readers.running[box.pk][2]
    Mailbox.objects.update(active=False)
    readers.look()
    assert readers.running == {}
    for one in (thread, second):
        one.join(10)
        assert not one.is_alive()


# OAuth


class Provider:
    """A server that gives access tokens, and can be told to refuse."""

    def __init__(self, dovecot: Dovecot) -> None:
        self.dovecot, self.port = dovecot, free_port()
        self.asked: list[dict[str, str]] = []
        self.answer: tuple[int, dict[str, object]] | None = None
        provider = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, told = provider.take({key: value[0] for key, value in parse_qs(body).items()})
                said = json.dumps(told).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://localhost/elsewhere")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", self.port), Answers)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def take(self, asked: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.asked.append(asked)
        token = self.dovecot.token("oauth@desk.test")
        return self.answer or (200, {"access_token": token, "expires_in": 3600, "refresh_token": "second"})

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def provider(dovecot: Dovecot) -> Iterator[Provider]:
    one = Provider(dovecot)
    yield one
    one.stop()


def box_with_tokens(dovecot: Dovecot, provider: Provider) -> Mailbox:
    box = box_at(
        dovecot,
        "oauth@desk.test",
        auth="xoauth2",
        token_url=f"http://127.0.0.1:{provider.port}/token",
        client_id="careline",
        scope="mail",
    )
    box.secret = seal({"refresh_token": "first", "client_secret": "hush", "password": "kept"})
    box.save()
    return box


def test_a_mailbox_is_read_with_a_token_that_is_kept_while_it_lasts(dovecot: Dovecot, provider: Provider):
    box = box_with_tokens(dovecot, provider)
    dovecot.put("oauth@desk.test", letter())
    assert (read(box), read(box)) == (1, 0)
    assert provider.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "first",
            "client_id": "careline",
            "client_secret": "hush",
            "scope": "mail",
        }
    ]
    box.refresh_from_db()
    kept = unseal(box.secret)
    assert (kept["refresh_token"], kept["password"]) == ("second", "kept")
    assert "second" not in box.secret
    oauth.access_token(box, now=timezone.now() + timedelta(minutes=59))
    assert [one["refresh_token"] for one in provider.asked] == ["first", "second"]


@pytest.mark.parametrize(
    ("answer", "words", "again"),
    [
        ((400, {"error": "invalid_grant"}), "withdrawn or has run out (400 invalid_grant)", False),
        ((401, {"error": "invalid_client"}), "Check client id and secret", False),
        ((503, {}), "gives no token now", True),
        ((200, {"nothing": 1}), "holds no access token", True),
        ((302, {}), "302", False),
    ],
)
def test_a_refusal_is_told_and_says_whether_to_try_again(
    dovecot: Dovecot, provider: Provider, answer: tuple[int, dict[str, object]], words: str, again: bool
):
    provider.answer = answer
    box = box_with_tokens(dovecot, provider)
    with pytest.raises(oauth.OAuthError) as error:
        oauth.access_token(box, now=NOW)
    assert words in str(error.value)
    assert error.value.again == again
    assert "hush" not in str(error.value)


def test_secrets_do_not_travel_in_the_clear():
    box = make_mailbox(inbound={"auth": "xoauth2", "token_url": "http://tokens.test/"})
    with pytest.raises(oauth.OAuthError, match="https"):
        oauth.token_url(box)


def test_the_two_large_providers_need_no_address():
    google = make_mailbox("g@desk.test", inbound={"auth": "xoauth2", "provider": "google"})
    tenant = make_mailbox(
        "m@desk.test", inbound={"auth": "xoauth2", "provider": "microsoft", "tenant": "firm"}
    )
    assert oauth.token_url(google) == "https://oauth2.googleapis.com/token"
    assert oauth.token_url(tenant) == "https://login.microsoftonline.com/firm/oauth2/v2.0/token"
