"""From which address a machine dials another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.core.dialling import dialled_from

OWN = {
    "192.168.1.10": "192.168.1.0/24",
    "10.0.0.5": "10.0.0.0/8",
    "10.9.0.1": "10.9.0.0/24",
    "100.101.1.12": "100.101.1.12/32",
    "fd00:1::5": "fd00:1::/64",
}


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("192.168.1.20", "192.168.1.10"),
        ("10.1.2.3", "10.0.0.5"),
        ("10.9.0.2", "10.9.0.1"),  # the narrower of two networks, as a route would
        ("100.101.1.10", "100.101.1.12"),
        ("fd00:1::20", "fd00:1::5"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("192.168.1.10", "192.168.1.10"),  # itself
        ("172.16.0.9", ""),  # behind some router: only the routes know
        ("fd7a:115c:a1e0::1", ""),  # no IPv6 address of a tailnet here
        ("nas.lan", ""),
        ("", ""),
    ],
)
def test_the_network_that_both_are_in_decides(target: str, seen: str) -> None:
    assert dialled_from(target, OWN) == seen


def test_of_two_tailnets_none_is_guessed() -> None:
    assert dialled_from("100.101.1.10", {**OWN, "100.90.0.1": "100.90.0.1/32"}) == ""


@given(st.text() | st.ip_addresses().map(str))
def test_the_answer_is_an_own_address_the_target_itself_or_nothing(target: str) -> None:
    found = dialled_from(target, OWN)
    assert found in {"", *OWN} or found.startswith("127.") or found == "::1"
