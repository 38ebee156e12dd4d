"""Which network an address belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.addresses import Kind, is_documentation, kind_of, parse_address

KINDS = {
    "127.0.0.1": Kind.LOOPBACK,
    "127.255.0.1": Kind.LOOPBACK,
    "::1": Kind.LOOPBACK,
    "::ffff:127.0.0.1": Kind.LOOPBACK,
    "10.1.2.3": Kind.PRIVATE,
    "172.16.0.1": Kind.PRIVATE,
    "172.32.0.1": Kind.PUBLIC,
    "192.168.1.20": Kind.PRIVATE,
    "fd00::20": Kind.PRIVATE,
    "100.64.0.1": Kind.SHARED,
    "100.127.255.255": Kind.SHARED,
    "100.128.0.1": Kind.PUBLIC,
    "100.63.255.255": Kind.PUBLIC,
    "fd7a:115c:a1e0::1": Kind.TAILNET,
    "fd7a:115c:a1e1::1": Kind.PRIVATE,
    "169.254.1.1": Kind.LINK_LOCAL,
    "fe80::1%eth0": Kind.LINK_LOCAL,
    "8.8.8.8": Kind.PUBLIC,
    "2001:4860:4860::8888": Kind.PUBLIC,
    "203.0.113.66": Kind.OTHER,
    "2001:db8::1": Kind.OTHER,
    "0.0.0.0": Kind.OTHER,
    "224.0.0.1": Kind.OTHER,
    "255.255.255.255": Kind.OTHER,
}


@pytest.mark.parametrize(("text", "kind"), KINDS.items())
def test_each_network_has_its_kind(text: str, kind: Kind) -> None:
    address = parse_address(text)
    assert address is not None
    assert kind_of(address) is kind


def test_documentation_addresses_are_told_from_other_unusual_ones() -> None:
    for text in ("203.0.113.66", "198.51.100.7", "192.0.2.1", "2001:db8::1"):
        address = parse_address(text)
        assert address is not None
        assert is_documentation(address)
    for text in ("0.0.0.0", "224.0.0.1", "240.0.0.1", "8.8.8.8", "192.168.1.1", "100.64.0.1", "::"):
        address = parse_address(text)
        assert address is not None
        assert not is_documentation(address)


@pytest.mark.parametrize("text", ["", "plex", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:80", "[::1]:80", "::g"])
def test_other_text_is_no_address(text: str) -> None:
    assert parse_address(text) is None


@given(st.ip_addresses())
def test_every_address_has_one_kind_and_survives_being_written(address: object) -> None:
    parsed = parse_address(str(address))
    assert parsed is not None
    assert kind_of(parsed) in Kind
    assert parse_address(f"[{parsed}]") == parsed


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    assert parse_address(text) is None or isinstance(str(parse_address(text)), str)
