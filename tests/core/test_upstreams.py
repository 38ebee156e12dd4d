"""What becomes the home address of a media server, and the sentence for what does not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.core.refusal import Refusal
from wizard.core.upstreams import parse_upstream

ACCEPTED = {
    "192.168.1.20": "http://192.168.1.20:32400",
    " 192.168.1.20:8096 ": "http://192.168.1.20:8096",
    "http://192.168.1.20:32400/web/index.html#!/": "http://192.168.1.20:32400",
    "https://192.168.1.20/": "https://192.168.1.20:32400",
    "HTTP://NAS.local": "http://nas.local:32400",
    "nas:8096/jellyfin": "http://nas:8096/jellyfin",
    "nas/jellyfin/web/index.html#!/home.html": "http://nas:32400/jellyfin",
    "my_nas:80": "http://my_nas:80",
    "fd00::20": "http://[fd00::20]:32400",
    "fd00::20/web": "http://[fd00::20]:32400",
    "[fd00::20]:8096": "http://[fd00::20]:8096",
    "::ffff:192.168.1.5": "http://192.168.1.5:32400",
    "100.101.1.10": "http://100.101.1.10:32400",  # Tailscale
    "fd7a:115c:a1e0::a01:10a": "http://[fd7a:115c:a1e0::a01:10a]:32400",
    "127.0.0.1": "http://127.0.0.1:32400",
    "localhost": "http://localhost:32400",
    "bücher": "http://xn--bcher-kva:32400",
    "１９２．１６８．１．２０": "http://192.168.1.20:32400",
}

REFUSED = {
    "": "Enter the home address",
    "   ": "Enter the home address",
    "192.168.1.20 32400": "must be a host name or an IP address",
    "nas\nadmin off": "must be a host name or an IP address",
    "{env.HOME}": "must be a host name or an IP address",
    'na"s': "must be a host name or an IP address",
    "http://": "must be a host name or an IP address",
    "http://[::1": "must be a host name or an IP address",
    "-nas": "must be a host name or an IP address",
    "nas*": "must be a host name or an IP address",
    "a" * 300: "must be a host name or an IP address",
    "192.168.1.300": "every number is 255 or less",
    "192.168.1": "is not a whole IP address",
    "2130706433": "is not a whole IP address",
    "0x7f.1": "is not a whole IP address",
    "192.168.001.020": "without leading zeros, for example 192.168.1.20",
    "192.168.1.20:99999": "Port must be between 1 and 65535",
    "192.168.1.20:0": "Port must be between 1 and 65535",
    "192.168.1.20:abc": "Port must be between 1 and 65535",
    "8.8.8.8": "8.8.8.8 is on the internet",
    "203.0.113.9": "203.0.113.9 is on the internet",
    "8。8。8。8": "8.8.8.8 is on the internet",
    "2001:4860:4860::8888": "is on the internet",
    "0.0.0.0": "is no address of a machine",
    "255.255.255.255": "is no address of a machine",
    "224.0.0.1": "is no address of a machine",
    "fe80::1%eth0": "works only on one network cable",
    "ftp://192.168.1.20": "must begin with http:// or https://",
    "http://user:password@192.168.1.20": "without a user name or password",
    "nas/a b": "must be a host name or an IP address",
    "nas/a%20b": "has a path we cannot use",
    "nas/../x": "has a path we cannot use",
}


def parse(typed: str) -> Upstream | Refusal:
    return parse_upstream(typed, media="plex", default_port=32400)


@pytest.mark.parametrize(("typed", "url"), ACCEPTED.items())
def test_what_is_typed_becomes_an_address(typed: str, url: str) -> None:
    parsed = parse(typed)
    assert isinstance(parsed, Upstream)
    assert parsed.url == url


@pytest.mark.parametrize(
    ("typed", "sentence"), REFUSED.items(), ids=lambda value: value[:40].encode("unicode_escape")
)
def test_what_is_no_address_gets_a_sentence(typed: str, sentence: str) -> None:
    refusal = parse(typed)
    assert isinstance(refusal, Refusal)
    assert sentence in refusal.message


@pytest.mark.parametrize("typed", ["localhost:32400", "127.0.0.1", "http://LOCALHOST./web", "[::1]:32400"])
def test_in_a_container_localhost_is_refused_and_the_machines_address_offered(typed: str) -> None:
    refusal = parse_upstream(typed, media="plex", default_port=32400, own_address="192.168.1.7", in_container=True)
    assert isinstance(refusal, Refusal)
    assert "192.168.1.7" in refusal.message
    assert refusal.suggestion == "192.168.1.7"


def test_the_way_to_verify_is_kept() -> None:
    verify = Verify(VerifyKind.OFF)
    parsed = parse_upstream("https://nas", media="emby", default_port=8920, verify=verify)
    assert parsed == Upstream("emby", "https", "nas", 8920, verify)


@given(
    st.one_of(
        st.text(max_size=300),
        st.from_regex(r"(https?://)?[a-z0-9.:{}\[\]%@/_-]{1,60}"),
        st.ip_addresses().map(str),
        st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,4}){0,4}(:[0-9]{1,6})?", fullmatch=True),
    )
)
def test_no_text_gets_anything_but_a_plain_home_address_through(typed: str) -> None:
    parsed = parse(typed)
    if isinstance(parsed, Refusal):
        assert parsed.message
        return
    assert re.fullmatch(r"[a-z0-9._:-]{1,253}", parsed.address)
    assert parsed.scheme in {"http", "https"}
    assert 1 <= parsed.port <= 65535
    assert re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", parsed.base_path)
    if address := parse_address(parsed.address):
        assert kind_of(address) is not Kind.PUBLIC


@given(st.ip_addresses(v=4, network="192.168.0.0/16"), st.integers(1, 65535))
def test_reading_an_address_again_changes_nothing(address: object, port: int) -> None:
    parsed = parse(f"{address}:{port}")
    assert isinstance(parsed, Upstream)
    assert (parsed.address, parsed.port) == (str(address), port)
    assert parse(parsed.url) == parsed
