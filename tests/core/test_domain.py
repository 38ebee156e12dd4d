"""What becomes an external domain, and the sentence for what does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.domain import Domain
from wizard.core.refusal import Refusal

_PLAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")

ACCEPTED = {
    "plex.example.com": "plex.example.com",
    " Plex.Example.COM ": "plex.example.com",
    "https://plex.example.com/": "plex.example.com",
    "HTTP://plex.example.com": "plex.example.com",
    "plex.example.com.": "plex.example.com",
    "Bücher.example.com": "xn--bcher-kva.example.com",
    "plex\uff0eexample\uff0ecom": "plex.example.com",  # full-width dots
    "plex.duckdns.org": "plex.duckdns.org",
    "plex.localhost": "plex.localhost",
    "mediabox.tail0a1b2c.ts.net": "mediabox.tail0a1b2c.ts.net",
    "example.com": "example.com",
    "1plex.example.com": "1plex.example.com",
}

REFUSED = {
    "": "Enter the external domain",
    "https://": "Enter the external domain",
    "plex example.com": "must not contain spaces",
    "plex.example.com\nadmin off": "must not contain spaces",
    "plex\u200b.example.com": "must not contain spaces",
    "plex.example.com:443": "Enter the name without a port, for example plex.example.com",
    "plex.example.com/web": "without https:// or a path",
    "https://user@plex.example.com": "without https:// or a path",
    "*.example.com": "Wildcards such as *.example.com are not used here",
    "192.168.1.20": "192.168.1.20 is an IP address",
    "[2001:db8::1]": "is an IP address",
    "2001:db8::1": "is an IP address",
    "2130706433": "is an IP address",
    "0x7f.1": "is an IP address",
    "１２７.０.０.１": "is an IP address",
    "8。8。8。8": "8.8.8.8 is an IP address",
    "plex.123": "ends in a number",
    "plex.0x7f": "ends in a number",
    "plex": "must be a full name with a dot",
    "localhost": "must be a full name with a dot",
    "com": "must be a full name with a dot",
    "co.uk": "co.uk belongs to everybody. Enter a name below it, such as plex.co.uk",
    "duckdns.org": "belongs to everybody",
    "plex..example.com": "two dots in a row",
    ".plex.example.com": "begins with a dot",
    "plex_home.example.com": "_ is not allowed",
    "-plex.example.com": "a character that a domain name cannot have",
    "{env.HOME}.example.com": "a character that a domain name cannot have",
    "plex.example.com{": "a character that a domain name cannot have",
    'a"b.example.com': "a character that a domain name cannot have",
    "a" * 64 + ".example.com": "is longer than 63 characters",
    "ü" * 60 + ".example.com": "longer than 63 characters",
    "a." * 150 + "com": "longer than 253 characters",
}


@pytest.mark.parametrize(("typed", "name"), ACCEPTED.items())
def test_what_is_typed_becomes_a_plain_name(typed: str, name: str) -> None:
    assert Domain.parse(typed) == Domain(name)


@pytest.mark.parametrize(
    ("typed", "sentence"), REFUSED.items(), ids=lambda value: value[:40].encode("unicode_escape")
)
def test_what_is_no_domain_gets_a_sentence(typed: str, sentence: str) -> None:
    refusal = Domain.parse(typed)
    assert isinstance(refusal, Refusal)
    assert sentence in refusal.message


@given(st.one_of(st.text(max_size=300), st.from_regex(r"[a-z.{}:/*\[\]0-9_ %-]{1,60}")))
def test_nothing_but_a_plain_name_ever_becomes_a_domain(typed: str) -> None:
    parsed = Domain.parse(typed)
    if isinstance(parsed, Refusal):
        assert parsed.message
        assert all(character.isprintable() for character in parsed.message)
        assert len(parsed.message) < 200
        return
    assert _PLAIN.fullmatch(parsed.name)
    assert len(parsed.name) <= 253
    assert not re.fullmatch(r"[0-9.]+", parsed.name)


@given(st.from_regex(r"[a-zA-Zäöüß0-9-]{1,20}\.[a-z]{2,10}\.(com|org|co\.uk|localhost)", fullmatch=True))
def test_reading_a_domain_again_changes_nothing(typed: str) -> None:
    parsed = Domain.parse(typed)
    if isinstance(parsed, Domain):
        assert Domain.parse(parsed.name) == parsed
        assert Domain.parse(f"https://{parsed.name}/") == parsed


def test_the_registered_part_knows_public_suffixes() -> None:
    for name, registrable in {
        "plex.example.com": "example.com",
        "a.b.example.co.uk": "example.co.uk",
        "plex.me.duckdns.org": "me.duckdns.org",
        "plex.localhost": "plex.localhost",
    }.items():
        parsed = Domain.parse(name)
        assert isinstance(parsed, Domain)
        assert parsed.registrable == registrable


def test_localhost_names_are_known() -> None:
    assert Domain("plex.localhost").is_localhost
    assert not Domain("plex.localhost.example.com").is_localhost
    assert str(Domain("plex.example.com")) == "plex.example.com"
