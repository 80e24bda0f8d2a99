# ruff: noqa: E501  (mails are quoted as they come)
import base64
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careline.calc.mail.parse import as_json, parse
from tests.calc.mail.make import HEAD, file_part, mixed, part, text_mail, tnef

KEYS = [
    "file", "from", "reply_to", "to", "cc", "subject", "date", "message_id", "in_reply_to", "references",
    "body_text", "body_html", "reply_text", "attachments", "automatic", "problems",
]  # fmt: skip


def test_a_plain_mail_has_the_promised_shape() -> None:
    told = as_json(
        parse(text_mail(b"Hi\r\n", extra=b"References: <a@b>\r\n <c@d>\r\nIn-Reply-To: <c@d>\r\n")), "f.eml"
    )
    assert list(told) == KEYS
    assert told["from"] == {"name": "Anna", "address": "anna@shop.test"}
    assert told["date"] == "2024-01-01T10:00:00+01:00"
    assert (told["in_reply_to"], told["references"]) == ("c@d", ["a@b", "c@d"])
    assert told["problems"] == []


def test_several_texts_are_joined_in_order_with_the_picture_between() -> None:
    mail = parse(
        mixed(
            part("text/plain", b"one"),
            file_part("image/png", b"PNG", "Content-Disposition: inline"),
            part("text/html", b"<p>two</p>"),
        )
    )
    assert mail.body_text == "one\n\ntwo"
    assert mail.body_html.index("one") < mail.body_html.index("cid:") < mail.body_html.index("two")
    assert mail.attachments[0].inline


def test_pictures_nobody_shows_are_attachments() -> None:
    mail = parse(
        mixed(
            part("text/html", b'<img src="cid:a">'),
            file_part("image/png", b"1", "Content-ID: <a>"),
            file_part("image/png", b"2", "Content-ID: <b>"),
            kind="related",
        )
    )
    assert [one.inline for one in mail.attachments] == [True, False]


def test_an_attached_mail_is_named_by_its_subject() -> None:
    mail = parse(mixed(part("text/plain", b"see"), part("message/rfc822", b"Subject: Lost/parcel\r\n\r\nx")))
    assert (mail.attachments[0].name, mail.attachments[0].role) == ("Lost-parcel.eml", "message")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (
            "Content-Disposition: attachment; filename*0*=utf-8''%e2%82%ac; filename*1=\" rates.pdf\"",
            "€ rates.pdf",
        ),
        ('Content-Disposition: attachment; filename="=?utf-8?q?R=C3=A9sum=C3=A9=2Epdf?="', "Résumé.pdf"),
        ('Content-Disposition: attachment; filename="..\\\\..\\\\etc/passwd"', "passwd"),
        ('Content-Disposition: attachment; filename="CON.txt"', "_CON.txt"),
        ("Content-Disposition: attachment; filename*=utf-8''photo%E2%80%AEgpj.exe", "photogpj.exe"),
        ("Content-Disposition: attachment", "attachment-1.pdf"),
    ],
)
def test_file_names_are_honest_and_safe(header: str, name: str) -> None:
    mail = parse(mixed(part("text/plain", b"x"), file_part("application/pdf", b"PDF", header)))
    assert mail.attachments[0].name == name


def test_file_names_of_one_mail_differ() -> None:
    one = file_part("application/pdf", b"1", 'Content-Disposition: attachment; filename="a.pdf"')
    assert [file.name for file in parse(mixed(one, one)).attachments] == ["a.pdf", "a (2).pdf"]


def test_winmail_dat_is_unpacked() -> None:
    raw = (
        HEAD
        + b"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    mail = parse(raw + base64.encodebytes(tnef("Grüße".encode("cp1252"), {b"offer.txt": b"42"})))
    assert mail.body_text == "Grüße"
    assert [(one.name, one.content) for one in mail.attachments] == [("offer.txt", b"42")]


def test_a_uuencoded_file_leaves_the_text() -> None:
    mail = parse(text_mail(b"see\r\n\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\nbye\r\n"))
    assert (mail.attachments[0].name, mail.attachments[0].content) == ("cat.txt", b"Cat")
    assert "begin" not in mail.body_text
    assert mail.body_text.endswith("bye")


def test_opaquely_signed_mail_is_unwrapped() -> None:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a")])
    cert = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2034, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    )  # fmt: skip
    inner = b"Content-Type: text/plain\r\n\r\nsigned words\r\n"
    der = (
        pkcs7.PKCS7SignatureBuilder()
        .set_data(inner)
        .add_signer(cert, key, hashes.SHA256())
        .sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    )
    raw = (
        HEAD
        + b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    mail = parse(raw + base64.encodebytes(der))
    assert mail.body_text.strip() == "signed words"
    assert mail.attachments[0].role == "signature"


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        (b"", ""),
        (b"just words", "just words"),
        (b"From mbox line\nSubject: a\n\nb", "b"),
        (b"Subject: a\rFrom: x@y.z\r\rbody", "body"),
        (b"\xef\xbb\xbfSubject: a\n\nb", "b"),
        (b"Subject: a\nnot a header\nmore", "not a header\nmore"),
        (b"Content-Type: multipart/mixed\n\n--zz\nContent-Type: text/plain\n\nfound\n--zz--\n", "found"),
        (b"Content-Type: multipart/mixed; boundary=never\n\nall of it", "all of it"),
        (b"Content-Transfer-Encoding: x-strange\n\nraw", "raw"),
        (b"Content-Transfer-Encoding: base64\n\naGVsbG8\n\n-- \na footer of the list!\n", "hello"),
    ],
)
def test_broken_mails_keep_their_words(raw: bytes, body: str) -> None:
    assert parse(raw).body_text.strip() == body


def _nested(levels: int) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(levels)
    )
    return b"Subject: x\n" + opened + b"Content-Type: text/plain\n\ndeep\n"


BAIT = {
    "nested": _nested(1_000),
    "parts": HEAD
    + b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\nContent-Type: text/plain\n\nx\n" * 10_000,
    "subject words": b"Subject: " + b"=?a?q?" * 160_000 + b"\n\nx",
    "subject prefixes": b"Subject: " + b"re:" * 330_000 + b"\n\nx",
    "comments": b"From: " + b"(" * 1_000_000 + b"\n\nx",
    "brackets": b"From: " + b"<" * 1_000_000 + b"\n\nx",
    "references": b"References: " + b"< " * 500_000 + b"\n\nx",
    "spaces in a header": b"Date: " + b" " * 1_000_000 + b"1\n\nx",
    "one line": HEAD + b"\n" + b"On " * 330_000,
    "marks": HEAD + b"\n" + b">" * 1_000_000,
    "introductions": HEAD + b"\n" + b"On 1 Jan 2024\n" * 70_000,
    "labels": HEAD + b"\n" + b"From: a\n" * 125_000,
    "at signs": HEAD + b"\n" + b"a@" * 500_000,
    "open tags": HEAD + b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
    "open styles": HEAD + b"Content-Type: text/html\n\n" + b"<style>" * 140_000,
    "open comments": HEAD + b"Content-Type: text/html\n\n" + b"<!--" * 250_000,
    "entities": HEAD + b"Content-Type: text/html\n\n" + b"&amp;" * 200_000,
}


@pytest.mark.parametrize("bait", BAIT)
def test_a_megabyte_of_bait_is_read_in_two_seconds(bait: str) -> None:
    start = time.process_time()
    mail = parse(BAIT[bait])
    assert time.process_time() - start < 2
    assert not any("taken apart" in one for one in mail.problems)


def test_limits_of_structure_are_told() -> None:
    assert any("deeper than 50" in one for one in parse(BAIT["nested"]).problems)
    assert any("more than 1000 parts" in one for one in parse(BAIT["parts"]).problems)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(
        [
            b"",
            HEAD + b"\r\n",
            HEAD + b"Content-Type: text/html\r\n\r\n",
            HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n",
            b"Subject: ",
            b"From: ",
            b"Content-Type: ",
        ]
    ),
)
def test_no_bytes_can_break_the_parser(tail: bytes, head: bytes) -> None:
    mail = parse(head + tail)
    told = json.dumps(as_json(mail, "x"), ensure_ascii=False)
    told.encode("utf-8")
    assert "\ufffd" not in told
    assert not any("taken apart" in one for one in mail.problems)
