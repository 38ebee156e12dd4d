"""What a visit of a phone proves, as tables; and where its link stands."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from wizard.core.verdicts import Level
from wizard.core.visit_findings import judge
from wizard.core.visits import Arrived, Flow, Live, Part, Seen, Stage, Subject, Told, Visit

HOME, PHONE = "198.51.100.20", "203.0.113.9"
SUBJECT = Subject("plex.example.com", "Plex", is_plex=True, home=(HOME,))
TUNNEL = replace(SUBJECT, has_hop=True)
ARRIVED = Arrived(PHONE, PHONE, PHONE, "127.0.0.1", "https", "Safari on iPhone", script=True)
SEEN = Seen(ARRIVED, Flow(10_000_000, 4), Flow(2_000_000, 2), Live(20, 10), Told.HELD, is_over=True)
AT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def found(part: Part, seen: Seen = SEEN, subject: Subject = SUBJECT) -> str:
    [verdict] = [finding.verdict for finding in judge(subject, seen) if finding.part is part]
    return f"{verdict.code} {verdict.level}"


def arrived(subject: Subject = SUBJECT, **changes: Any) -> tuple[str, str]:
    seen = replace(SEEN, arrived=replace(ARRIVED, **changes))
    return found(Part.REACH, seen, subject), found(Part.ADDRESS, seen, subject)


def everything(address: str) -> dict[str, str]:
    return {"forwarded": address, "real": address, "peer": address}


def test_a_whole_visit_from_outside_is_good_in_every_part() -> None:
    assert [f"{one.part} {one.verdict.code} {one.verdict.level}" for one in judge(SUBJECT, SEEN)] == [
        "reach phone-works ok",
        "address phone-address-arrives ok",
        "certificate phone-certificate-trusted ok",
        "speed phone-fast-enough ok",
        "live phone-websocket-held ok",
    ]


WORKS, ARRIVES = "phone-works ok", "phone-address-arrives ok"
SAME, UNTOLD = "phone-same-network unknown", "phone-place-unknown unknown"
HIDDEN, CHANGED, LOST = "phone-address-private failure", "phone-address-changed failure", "phone-address-lost failure"


@pytest.mark.parametrize(
    ("subject", "changes", "reach", "address"),
    [
        (SUBJECT, everything(PHONE), WORKS, ARRIVES),
        (SUBJECT, everything(HOME), SAME, ARRIVES),
        (SUBJECT, everything("192.168.1.30"), SAME, ARRIVES),
        (SUBJECT, everything("127.0.0.1"), SAME, ARRIVES),
        (SUBJECT, everything("fe80::1"), SAME, ARRIVES),
        # a tunnel that sends no header: its own address arrives for everybody
        (TUNNEL, everything("127.0.0.1"), UNTOLD, HIDDEN),
        (TUNNEL, everything("10.8.0.1"), UNTOLD, HIDDEN),
        # Docker's gateway, seen by a Caddy in the same network of containers; the same address on a LAN is a phone
        (SUBJECT, {**everything("172.18.0.1"), "hop": "172.18.0.4"}, UNTOLD, HIDDEN),
        (SUBJECT, {**everything("172.18.0.1"), "hop": "127.0.0.1"}, SAME, ARRIVES),
        # a hop before Caddy names the viewer: who connects to Caddy is that hop
        (TUNNEL, {**everything(PHONE), "peer": "127.0.0.1"}, WORKS, ARRIVES),
        # nobody stands before Caddy, so what is forwarded must be who connected
        (SUBJECT, {**everything(PHONE), "peer": "203.0.113.77"}, WORKS, CHANGED),
        (SUBJECT, {"forwarded": f"{PHONE}, 10.0.0.1"}, WORKS, CHANGED),
        (TUNNEL, {"forwarded": f"{PHONE}, 10.0.0.1"}, UNTOLD, CHANGED),
        (SUBJECT, {"real": "203.0.113.77"}, WORKS, CHANGED),
        (SUBJECT, {"forwarded": "", "real": ""}, WORKS, LOST),
        (TUNNEL, {"forwarded": "", "real": ""}, UNTOLD, LOST),
        (
            replace(SUBJECT, forward_client_ip=False),
            {"forwarded": "", "real": ""},
            WORKS,
            "phone-address-lost warning",
        ),
        # Tailscale, or the inside of a carrier
        (SUBJECT, everything("100.101.1.2"), UNTOLD, ARRIVES),
        # an older configuration of ours says nothing of who connected
        (SUBJECT, {"peer": ""}, WORKS, ARRIVES),
    ],
)
def test_where_the_phone_was_and_whether_its_address_arrives(
    subject: Subject, changes: dict[str, Any], reach: str, address: str
) -> None:
    assert arrived(subject, **changes) == (reach, address)


def test_outside_is_not_claimed_while_the_home_s_own_address_is_unknown() -> None:
    stranger = replace(SUBJECT, home=())
    assert arrived(stranger) == (UNTOLD, ARRIVES)
    assert arrived(replace(stranger, home=("192.168.1.2",))) == (UNTOLD, ARRIVES)
    assert arrived(stranger, network="cellular") == (WORKS, ARRIVES)
    assert arrived(stranger, network="wifi") == (UNTOLD, ARRIVES)


def test_ipv6_is_compared_by_network_and_is_a_warning_for_plex_only() -> None:
    six = replace(SUBJECT, home=(HOME, "2001:db8:1:2::10"))
    assert arrived(six, **everything("2001:db8:9::1")) == (WORKS, "phone-ipv6 warning")
    assert arrived(six, **everything("2001:db8:1:2::99")) == (SAME, "phone-ipv6 warning")
    assert arrived(SUBJECT, **everything("2001:db8:9::1")) == (UNTOLD, "phone-ipv6 warning")
    jellyfin = replace(six, media="Jellyfin", is_plex=False)
    assert arrived(jellyfin, **everything("2001:db8:9::1")) == (WORKS, ARRIVES)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "phone-certificate-trusted ok"),
        ({"warned": True}, "phone-certificate-warned failure"),
        ({"scheme": "http"}, "phone-not-encrypted warning"),
        ({"scheme": ""}, "phone-not-encrypted warning"),
    ],
)
def test_the_certificate_is_judged_by_the_scheme_and_the_visitor_s_word(
    changes: dict[str, Any], expected: str
) -> None:
    assert found(Part.CERTIFICATE, replace(SEEN, arrived=replace(ARRIVED, **changes))) == expected


@pytest.mark.parametrize(
    ("down", "limit", "expected"),
    [
        (Flow(10_000_000, 4), None, "phone-fast-enough ok"),
        (Flow(10_000_000, 4), 20.0, "phone-fast-enough ok"),
        (Flow(10_000_000, 4), 20.1, "phone-slow warning"),
        (None, 20.0, "phone-not-measured unknown"),
    ],
)
def test_the_speed_is_set_against_the_limit_for_a_stream(
    down: Flow | None, limit: float | None, expected: str
) -> None:
    assert found(Part.SPEED, replace(SEEN, down=down), replace(SUBJECT, stream_limit_mbps=limit)) == expected


@pytest.mark.parametrize(
    ("live", "told", "is_over", "expected"),
    [
        (Live(20, 10), Told.HELD, True, "phone-websocket-held ok"),
        (Live(19.2, 9), Told.NOTHING, False, "phone-websocket-held ok"),
        (Live(4, 2), Told.CUT, True, "phone-websocket-cut failure"),
        (Live(4, 2), Told.NOTHING, False, "phone-not-measured unknown"),  # the page was closed
        (Live(4, 2), Told.LEFT, True, "phone-not-measured unknown"),  # phones cut what is in the background
        (None, Told.REFUSED, True, "phone-websocket-refused failure"),
        (None, Told.NOTHING, False, "phone-not-measured unknown"),
    ],
)
def test_a_live_connection_must_hold(live: Live | None, told: Told, is_over: bool, expected: str) -> None:
    assert found(Part.LIVE, replace(SEEN, live=live, told=told, is_over=is_over)) == expected


def test_what_was_switched_off_is_a_warning_with_the_way_to_switch_it_on() -> None:
    off = replace(SUBJECT, websocket=False)
    seen = replace(SEEN, live=None, told=Told.REFUSED)
    assert found(Part.LIVE, seen, off) == "phone-websocket-refused warning"


def test_without_a_script_only_the_request_itself_tells() -> None:
    plain = Seen(replace(ARRIVED, script=False), is_over=True)
    levels = [one.verdict.level for one in judge(SUBJECT, plain)]
    assert levels == [Level.OK, Level.OK, Level.OK, Level.UNKNOWN, Level.UNKNOWN]
    assert "ran no script" in judge(SUBJECT, plain)[-1].verdict.summary


def test_a_page_that_was_closed_says_so() -> None:
    left = Seen(ARRIVED)
    assert "was closed" in judge(SUBJECT, left)[-1].verdict.summary
    assert [part for part in Part if left.has(part)] == [Part.REACH, Part.ADDRESS, Part.CERTIFICATE]


def test_nothing_seen_is_nothing_known() -> None:
    assert {one.verdict.level for one in judge(SUBJECT, Seen())} == {Level.UNKNOWN}


def test_what_was_seen_survives_a_round_trip_through_json() -> None:
    document = json.loads(json.dumps(msgspec.to_builtins(SEEN)))
    assert msgspec.convert(document, Seen) == SEEN


def test_every_finding_that_is_not_good_says_what_to_do() -> None:
    nothing = (finding.verdict for finding in judge(SUBJECT, Seen()))
    bad = (finding.verdict for finding in judge(TUNNEL, replace(SEEN, arrived=Arrived("10.0.0.1", scheme="http"))))
    for verdict in (*nothing, *bad):
        assert verdict.level is Level.OK or verdict.remedy is not None, verdict.code


def test_a_link_goes_from_waiting_to_its_end() -> None:
    visit = Visit(1, "k", None, "sealed", 1, Seen(), (), AT, AT + timedelta(minutes=30))
    assert visit.stage(AT) is Stage.WAITING
    assert replace(visit, opened_at=AT).stage(AT) is Stage.OPENED
    assert replace(visit, started_at=AT).stage(AT + timedelta(hours=2)) is Stage.RUNNING
    assert replace(visit, started_at=AT, finished_at=AT).stage(AT) is Stage.FINISHED
    assert replace(visit, revoked_at=AT).stage(AT) is Stage.REVOKED
    assert visit.stage(AT + timedelta(minutes=30)) is Stage.EXPIRED
    assert visit.is_awaited(AT)
    assert not replace(visit, revoked_at=AT).is_awaited(AT)
