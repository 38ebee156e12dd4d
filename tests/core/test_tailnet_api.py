"""What Tailscale's control API tells becomes values whatever its shape, and findings only where it knows more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.bending import ANYTHING, bent
from tests.fakes import tailscale_api as fake
from tests.fakes import tailscaled
from wizard.core.refusal import Refusal
from wizard.core.tailnet import Silence, Tailnet, cut_tailnet, peers_as_servers, read_tailnet
from wizard.core.tailnet_api import (
    FRESH,
    ApiTrouble,
    Kind,
    Told,
    after,
    as_tailnet,
    read_client_id,
    read_devices,
    read_secret,
)
from wizard.core.tailnet_api_words import rows_of
from wizard.core.tailnet_findings import judge
from wizard.core.verdicts import Level, Verdict
from wizard.core.ways import WaySetup

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
MEDIA, EDGE = "100.101.1.10", "100.101.1.13"
SILENT = Tailnet(AT, silence=Silence.NOT_FOUND)
LOCAL = read_tailnet(tailscaled.status(*tailscaled.THREE), AT)


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """The documented shape with fields left out and values replaced, in the list, the machines and their parts."""

    one = fake.device(9, "mediabox", advertisedRoutes=["10.1.0.0/16"], updateAvailable=True)
    connectivity = bent(draw, {**one["clientConnectivity"], "derp": "fra"})
    document = {
        "devices": [
            bent(draw, {**one, "clientConnectivity": connectivity}),
            draw(ANYTHING),
            bent(draw, fake.external()),
        ]
    }
    return draw(st.sampled_from([document, document, document, bent(draw, document), draw(ANYTHING)]))


def read(*devices: fake.Json) -> Told:
    told = read_devices({"devices": list(devices)}, AT)
    assert told is not None
    return told


def verdicts_of(
    told: Told, seen: Tailnet = SILENT, *, peer: str = "", method: str = "tailscale", media: str = MEDIA
) -> list[Verdict]:
    """The findings that come from the API alone."""
    known = {"told": msgspec.to_builtins(told), "media": [media] if media else []}
    setup = WaySetup(method, {"peer": peer})
    without = judge(setup, seen).verdicts
    codes = {verdict.code for verdict in without}
    return [
        verdict
        for verdict in judge(replace(setup, known=known), seen).verdicts
        if verdict not in without and (verdict.code != "way-tailscale-no-daemon" or verdict.code not in codes)
    ]


@given(documents(), st.sampled_from(["tailscale", "tailnet", "funnel"]), st.sampled_from(["", "mediabox", MEDIA]))
def test_no_shape_of_the_document_raises(document: Any, method: str, peer: str) -> None:
    told = read_devices(document, AT)
    if told is None:
        assert not isinstance(document, dict) or not isinstance(document.get("devices", 0), list)
        return
    kept = msgspec.convert(msgspec.json.decode(msgspec.json.encode(told)), Told)
    assert kept == told
    assert len(rows_of(told, AT)) == len(told.devices)
    for seen in (SILENT, LOCAL):
        for verdict in verdicts_of(told, seen, peer=peer, method=method):
            assert verdict.summary
            assert verdict.remedy is not None
    assert len(peers_as_servers(as_tailnet(told, AT))) <= len(told.devices)


@given(ANYTHING)
def test_what_another_version_kept_counts_as_nothing(kept: Any) -> None:
    status = judge(WaySetup("tailscale", known={"told": kept, "media": kept, "carrier": ""}), LOCAL)
    assert status.verdicts == judge(WaySetup("tailscale"), LOCAL).verdicts


SOON = {"expires": "2026-12-10T00:00:00Z"}
PAST = {"expires": "2026-11-01T00:00:00Z"}
BLOCKED: fake.Json = {"clientConnectivity": {"clientSupports": {"udp": False}}}
ROUTER = fake.device(30, "router", advertisedRoutes=["192.168.1.0/24", "0.0.0.0/0", "::/0"])
OTHER_ROUTER = {**fake.device(31, "r2", enabledRoutes=["192.168.1.0/24"]), "advertisedRoutes": ["192.168.1.0/24"]}
M = fake.device(9, "m")
BAD, WARN, NOTE = Level.FAILURE, Level.WARNING, Level.NOTE
CASES: list[tuple[str, list[fake.Json], str, list[tuple[str, Level]]]] = [
    ("nothing to say", [fake.device(9, "mediabox")], MEDIA, []),
    ("expiring", [fake.device(9, "m", **SOON)], MEDIA, [("key-expiring", WARN)]),
    ("expired", [fake.device(9, "m", **PAST)], MEDIA, [("key-expired", BAD)]),
    ("expiry disabled", [fake.device(9, "m", keyExpiryDisabled=True, **PAST)], MEDIA, []),
    ("tagged and not told", [{**fake.device(9, "m", tags=["tag:m"], **PAST), "keyExpiryDisabled": None}], MEDIA, []),
    ("tagged and told", [fake.device(9, "m", tags=["tag:m"], **PAST)], MEDIA, [("key-expired", BAD)]),
    ("another one expiring", [M, fake.device(20, "tv", **SOON)], MEDIA, [("key-expiring", NOTE)]),
    ("another one expired", [M, fake.device(20, "tv", **PAST)], MEDIA, []),
    ("not approved", [fake.device(9, "m", authorized=False)], MEDIA, [("not-approved", BAD)]),
    ("another one not approved", [fake.device(20, "tv", authorized=False)], MEDIA, [("not-approved", NOTE)]),
    ("offline", [fake.device(9, "m", **fake.OFFLINE)], MEDIA, [("peer-offline", WARN)]),
    ("update", [fake.device(9, "m", updateAvailable=True)], MEDIA, [("update", NOTE)]),
    ("blocks", [fake.device(9, "m", blocksIncomingConnections=True)], MEDIA, [("blocks-incoming", BAD)]),
    ("another one blocks", [fake.device(20, "tv", blocksIncomingConnections=True)], MEDIA, []),
    ("route with the server", [ROUTER], "192.168.1.20", [("route-not-approved", WARN)]),
    ("route of no matter", [ROUTER], "192.168.7.20", []),
    ("route by another router", [ROUTER, OTHER_ROUTER], "192.168.1.20", []),
    ("exit node", [fake.device(9, "m", advertisedRoutes=["0.0.0.0/0", "::/0"])], MEDIA, []),
    ("strict", [fake.device(9, "m", **fake.STRICT)], MEDIA, [("strict-nat", NOTE)]),
    ("blocked UDP", [fake.device(9, "m", **BLOCKED)], MEDIA, [("strict-nat", WARN)]),
    ("shared by others", [{**fake.external(), "addresses": [MEDIA], "authorized": False}], MEDIA, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("devices", "media", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_how_the_machines_are_judged_where_tailscaled_is_not_seen(
    devices: list[fake.Json], media: str, expected: list[tuple[str, Level]]
) -> None:
    found = verdicts_of(read(*devices), media=media)
    assert [(verdict.code.removeprefix("way-tailscale-"), verdict.level) for verdict in found] == expected
    for verdict in found:
        assert verdict.remedy is not None
        assert verdict.remedy.guide == f"troubleshooting#{verdict.code}"


def test_findings_name_the_machine_and_the_route() -> None:
    (route,) = verdicts_of(read(ROUTER), media="192.168.1.20")
    assert route.summary == "router offers the route 192.168.1.0/24, but nobody approved it"
    assert "192.168.1.20" in route.why
    assert route.detail == "From Tailscale’s API, read on 26 November 2026 at 12:00 UTC."
    (blocks,) = verdicts_of(read(fake.device(9, "mediabox", blocksIncomingConnections=True)))
    assert blocks.remedy is not None
    assert blocks.remedy.snippet_caption == "On mediabox, in a terminal"


def test_two_strict_sides_are_worse_than_one_and_a_direct_path_needs_no_reasons() -> None:
    both = read(fake.device(9, "mediabox", **fake.STRICT), fake.device(12, "edge-vps", **fake.STRICT))
    (found,) = verdicts_of(both, peer="edge-vps")
    assert (found.level, found.summary) == (
        Level.WARNING,
        "mediabox, edge-vps sit behind strict translators, so they hardly meet directly",
    )
    direct = tailscaled.status(tailscaled.machine(12, "edge-vps", **tailscaled.DIRECT))
    assert verdicts_of(both, read_tailnet(direct, AT), peer="edge-vps", media="") == []


def test_tailscaled_wins_where_the_two_disagree() -> None:
    worse = {"authorized": False, **PAST, **fake.OFFLINE}
    told = read(fake.device(9, "mediabox", **worse), fake.device(12, "edge-vps", **worse))
    assert verdicts_of(told, LOCAL, peer="edge-vps") == []
    assert {verdict.code for verdict in verdicts_of(told, peer="edge-vps")} == {"way-tailscale-not-approved"}


def test_only_what_blocks_viewers_of_this_way_in_is_a_failure() -> None:
    told = read(fake.device(8, "mediabox", addresses=["100.101.1.10"], blocksIncomingConnections=True))
    for method, level in (("tailnet", Level.FAILURE), ("tailscale", Level.WARNING), ("funnel", Level.WARNING)):
        assert [one.level for one in verdicts_of(told, LOCAL, method=method, media="")] == [level]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (ApiTrouble.REFUSED, "way-tailscale-api-refused"),
        (ApiTrouble.NOT_OPENED, "way-tailscale-api-refused"),
        (ApiTrouble.NOT_ALLOWED, "way-tailscale-api-not-allowed"),
        (ApiTrouble.DOWN, "way-tailscale-api-unread"),
        (ApiTrouble.RATE_LIMITED, "way-tailscale-api-unread"),
        (ApiTrouble.NOT_UNDERSTOOD, "way-tailscale-api-unread"),
    ],
)
def test_what_ails_the_api_is_a_note(trouble: ApiTrouble, code: str) -> None:
    (found,) = verdicts_of(Told(AT, trouble, "It answered with status 4."))
    assert (found.code, found.level) == (code, Level.NOTE)
    assert "It answered with status 4." in found.detail


def test_a_failed_try_keeps_what_was_read_for_a_day() -> None:
    before = read(fake.device(9, "mediabox", blocksIncomingConnections=True))
    soon = after(before, Told(AT + timedelta(minutes=15), ApiTrouble.DOWN))
    assert [one.code for one in verdicts_of(soon)] == ["way-tailscale-blocks-incoming"]
    later = after(soon, Told(AT + FRESH, ApiTrouble.DOWN))
    assert [one.code for one in verdicts_of(later)] == ["way-tailscale-api-unread"]
    assert as_tailnet(later, later.tried_at).peers == ()
    again = after(later, replace(before, tried_at=AT + FRESH, at=AT + FRESH))
    assert (again.trouble, len(again.devices)) == (None, 1)


def test_two_machines_of_one_name_are_told_apart_by_their_full_names() -> None:
    told = read(fake.device(9, "box", hostname="box"), fake.device(12, "box-1", hostname="box"))
    first, second = told.devices
    assert told.device("box.tail0a1b2c.ts.net.") is first
    assert told.device("BOX-1") is second
    assert told.device("box") is None
    assert told.device("") is None


def test_the_home_is_where_the_machine_listens_in_public() -> None:
    endpoints = ["[2001:4860:4860::8888]:41641", "192.168.1.20:41641", "8.8.4.4:41641", "nonsense"]
    told = read(fake.device(9, "m", clientConnectivity={"endpoints": endpoints}), fake.device(12, "n"))
    assert told.home_of(MEDIA) == "8.8.4.4"
    assert told.home_of("100.101.1.77") == ""


def test_machines_become_candidates_for_media_servers() -> None:
    told = read(*fake.THREE, fake.device(20, "phone", os="iOS"), fake.device(21, "new", authorized=False))
    assert [(one.name, one.is_online) for one in peers_as_servers(as_tailnet(told, AT))] == [
        ("edge-vps", True),
        ("mediabox", True),
        ("laptop", False),
    ]
    assert as_tailnet(None, AT).peers == ()


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        (Kind.ACCESS, "", "Enter the access token"),
        (Kind.OAUTH, " ", "Enter the client secret"),
        (Kind.ACCESS, fake.CLIENT_SECRET, "That is a client secret. Enter the access token"),
        (Kind.OAUTH, fake.TOKEN, "That is an access token. Enter the client secret"),
        (Kind.OAUTH, "tskey-auth-k1-2", "That is an auth key. Enter the client secret"),
        (Kind.ACCESS, "two words", "The access token is one word"),
        (Kind.ACCESS, "x" * 301, "The access token is one word"),
        (Kind.ACCESS, "tskey-api-ü", "The access token is one word"),
    ],
)
def test_another_key_is_told_by_its_beginning(kind: Kind, text: str, says: str) -> None:
    refused = read_secret(kind, text)
    assert isinstance(refused, Refusal)
    assert refused.message.startswith(says)


def test_what_was_pasted_loses_its_spaces() -> None:
    assert read_secret(Kind.ACCESS, f" {fake.TOKEN}\n") == fake.TOKEN
    assert read_client_id(f"{fake.CLIENT_ID} ") == fake.CLIENT_ID
    assert isinstance(read_client_id(fake.CLIENT_SECRET), Refusal)
    assert isinstance(read_client_id(""), Refusal)


@given(st.lists(st.integers(0, 4), max_size=12), st.sampled_from(["", "box-21", "100.101.1.24", "nowhere"]))
def test_of_a_large_tailnet_a_result_keeps_what_the_judgement_needs(kinds: list[int], peer: str) -> None:
    states: list[dict[str, Any]] = [
        {}, tailscaled.DIRECT, tailscaled.RELAYED, tailscaled.OFFLINE, {"KeyExpiry": "2026-12-01T00:00:00Z"}
    ]  # fmt: skip
    whole = read_tailnet(
        tailscaled.status(
            *(
                tailscaled.machine(20 + number, f"box-{20 + number}", **states[kind])
                for number, kind in enumerate(kinds)
            )
        ),
        AT,
    )
    whole = replace(
        whole, peers=tuple(replace(one, is_measured=bool(number % 2)) for number, one in enumerate(whole.peers))
    )
    setup = WaySetup("tailscale", {"peer": peer})
    assert judge(setup, cut_tailnet(whole, (peer,))) == judge(setup, whole)


def test_250_machines_leave_little_in_a_result() -> None:
    whole = read_tailnet(tailscaled.status(*(tailscaled.machine(n, f"box-{n}") for n in range(20, 270))), AT)
    cut = cut_tailnet(whole, ("box-33",))
    assert [one.name for one in cut.peers] == ["box-33"]
    assert len(msgspec.json.encode(cut)) < 2500
    assert len(msgspec.json.encode(whole)) > 50_000


def test_the_carriers_numbers_at_the_router_are_noted_once() -> None:
    setup = WaySetup("tailscale", known={"carrier": "100.72.3.4"})
    (note,) = judge(setup, LOCAL).verdicts
    assert (note.code, note.level) == ("way-tailscale-collision", Level.NOTE)
    assert "100.72.3.4" in note.summary
    off = replace(LOCAL, capabilities=("disable-linux-cgnat-drop-rule",))
    assert judge(setup, off).verdicts == ()
    (own,) = judge(setup, replace(LOCAL, shared=("100.72.9.9",))).verdicts
    assert own.level is Level.WARNING


def test_magic_dns_that_is_off_is_a_note() -> None:
    off = replace(LOCAL, has_magic_dns=False)
    (note,) = judge(WaySetup("tailnet"), off).verdicts
    assert (note.code, note.level) == ("way-tailscale-no-magic-dns", Level.NOTE)
    assert "mediabox.tail0a1b2c.ts.net" in note.summary
    (foreign,) = judge(WaySetup("tailnet"), replace(off, control="hs.example.com")).verdicts
    assert foreign.remedy is not None
    assert "hs.example.com" in foreign.remedy.action
