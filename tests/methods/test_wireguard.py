"""The watch of the tunnel: keys made here, and every state with its finding."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from wizard.core.verdicts import Level
from wizard.core.ways import WaySetup, WayState
from wizard.core.wireguard import End, Tunnel
from wizard.core.wireguard_state import Seen, judge
from wizard.net import Net
from wizard.net.wireguard_watch import observe
from wizard.store.wireguard_keys import keys_of, keys_text, make_keys

SETUP = WaySetup("wireguard", Tunnel("203.0.113.10", porthole=End.HOME).values)
UP = Seen(at=1000.0, is_up=True, interface="porthole", endpoint="203.0.113.10:51820", handshake_at=970)
CASES = [
    (replace(UP, answered=2019), WayState.CONNECTED, []),
    (Seen(at=1000.0, is_boxed=True, answered=2019), WayState.CONNECTED, []),
    (Seen(at=1000.0, is_boxed=True), WayState.UNKNOWN, ["way-wireguard-not-readable"]),
    (Seen(at=1000.0), WayState.WAITING, ["way-wireguard-no-interface"]),
    (replace(UP, handshake_at=0), WayState.WAITING, ["way-wireguard-no-handshake"]),
    (UP, WayState.TROUBLE, ["way-wireguard-silent"]),
    (replace(UP, handshake_at=819), WayState.TROUBLE, ["way-wireguard-stale"]),
    (
        Seen(at=1000.0, is_up=True, trouble="This user may not ask wg"),
        WayState.TROUBLE,
        ["way-wireguard-silent", "way-wireguard-not-readable"],
    ),
    (Seen(at=1000.0, is_up=True), WayState.TROUBLE, ["way-wireguard-silent", "way-wireguard-not-readable"]),
]


@pytest.mark.parametrize(("seen", "state", "codes"), CASES)
def test_every_state_has_its_finding(seen: Seen, state: WayState, codes: list[str]) -> None:
    status = judge(SETUP, seen)
    assert (status.state, [verdict.code for verdict in status.verdicts]) == (state, codes)
    assert all(verdict.remedy for verdict in status.verdicts)


def test_a_firewall_that_may_be_the_reason_is_no_failure() -> None:
    assert judge(SETUP, UP).level is Level.WARNING
    assert judge(SETUP, replace(UP, handshake_at=1)).verdicts[0].summary.endswith("16 minutes old")


def test_without_a_setup_there_is_nothing_to_watch() -> None:
    assert judge(WaySetup("wireguard"), observe(Net(), WaySetup("wireguard"))).state is WayState.NOT_SET_UP


def test_a_far_end_that_is_nowhere_is_seen_as_such_within_its_deadline() -> None:
    # loopback stands for a tunnel: its addresses are no interface's own, and who answers there is somebody else
    seen = observe(Net(), WaySetup("wireguard", Tunnel("203.0.113.10", network="127.77.0.0/24").values))
    assert (seen.is_up, seen.interface, seen.answered) == (False, "", 0)
    assert seen.at


def test_public_keys_are_those_of_the_standard() -> None:
    # RFC 7748, section 6.1: Alice's and Bob's
    pairs = (
        (
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        ),
        (
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        ),
    )
    (home, home_public), (vps, vps_public) = (
        [base64.b64encode(bytes.fromhex(one)).decode() for one in pair] for pair in pairs
    )
    keys = keys_of(json.dumps({"home": home, "vps": vps, "shared": "s"}))
    assert keys
    assert (keys.home_public, keys.vps_public) == (home_public, vps_public)


def test_fresh_keys_survive_the_vault() -> None:
    keys = make_keys()
    assert len(base64.b64decode(keys.shared)) == 32
    assert keys_of(keys_text(keys)) == keys
    assert make_keys() != keys


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"home": "x", "vps": "y", "shared": "z"}'])
def test_keys_that_cannot_be_read_are_none(text: str) -> None:
    assert keys_of(text) is None
