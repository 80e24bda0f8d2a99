"""How addresses are written down."""

from __future__ import annotations

import pytest

from careline.customers.normal import (
    NotADomain,
    NotAnAddress,
    clean_name,
    normal_domain,
    normal_email,
    normal_phone,
    region_of,
    shown,
    shown_domain,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("  ada@example.org\t", "ada@example.org"),
        ("ada\u200b@example.org", "ada@example.org"),
        ("ada@MÜLLER.example", "ada@xn--mller-kva.example"),
        ("ada@mu\u0308ller.example", "ada@xn--mller-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@example。jp", "ada@example.jp"),
        ("a..b.@docomo.example", "a..b.@docomo.example"),
        ("o'neil+lamp/blue=x@example.org", "o'neil+lamp/blue=x@example.org"),
        ("JÖRG@example.org", "jörg@example.org"),
        ("root@localhost", "root@localhost"),
        ("ada@example.org.", "ada@example.org"),
        ("ada@[IPv6:2001:DB8::1]", "ada@[ipv6:2001:db8::1]"),
    ],
)
def test_the_same_address_is_always_the_same_text(typed: str, kept: str) -> None:
    assert normal_email(typed) == kept
    assert normal_email(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@exa mple.org",
        "ada marlow@example.org",
        "ada@-x.example",
        "ada@a..example",
        "a@b@example.org",
        "ada@" + "x" * 64 + ".example",
        "a" * 257 + "@example.org",
        "<ada@example.org>",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAddress):
        normal_email(typed)


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("+371 2612 3456", "", "+37126123456"),
        ("2612 3456", "LV", "+37126123456"),
        ("(0113) 496-0123", "GB", "+441134960123"),
        ("030 23125 017", "DE", "+493023125017"),
        ("00371 26123456", "DE", "+37126123456"),
    ],
)
def test_a_phone_number_is_kept_as_the_world_dials_it(typed: str, region: str, kept: str) -> None:
    assert normal_phone(typed, region) == kept


@pytest.mark.parametrize("typed", ["", "ada", "26123456", "+371 12", "+371 2612 3456 ext. 7", "+999 1234567"])
def test_a_number_nobody_can_dial_is_refused(typed: str) -> None:
    with pytest.raises(NotAnAddress):
        normal_phone(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Example.ORG", "example.org"),
        ("@example.org", "example.org"),
        ("ada@example.org", "example.org"),
        ("https://www.example.org/about", "example.org"),
        ("müller.example", "xn--mller-kva.example"),
    ],
)
def test_a_domain_is_found_in_what_people_paste(typed: str, kept: str) -> None:
    assert normal_domain(typed) == kept


@pytest.mark.parametrize("typed", ["", "example", "a b.example", "10.0.0.1", "[10.0.0.1]", "x..example"])
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(NotADomain):
        normal_domain(typed)


def test_addresses_are_shown_as_people_read_them() -> None:
    assert shown("phone", "+441134960123") == "+44 113 496 0123"
    assert shown("email", "ada@xn--mller-kva.example") == "ada@müller.example"


def test_a_domain_that_mixes_scripts_is_not_dressed_up() -> None:
    disguised = normal_domain("p\u0430ypal.example")  # the second letter is Cyrillic
    assert disguised == "xn--pypal-4ve.example"
    assert shown_domain(disguised) == disguised


def test_a_country_is_known_by_its_time_zone() -> None:
    assert region_of("Europe/Riga") == "LV"
    assert region_of("UTC") == ""
    assert region_of("") == ""


def test_a_name_is_one_line_without_signs_that_nobody_sees() -> None:
    assert clean_name(" Ada \u200b\n Marlow\x00 ") == "Ada Marlow"
    assert len(clean_name("x" * 300)) == 200
