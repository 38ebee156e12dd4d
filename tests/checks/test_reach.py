"""Judging what answers at the addresses of the name, as tables, and a real Caddy behind real faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.caddy_process import free_port
from tests.checks.lab import Lab
from tests.checks.sets import ECHO, EDGE, NAME, codes, host, scene
from tests.fakes.hop import Fault as HopFault
from tests.fakes.hop import Hop
from tests.fakes.plex import Plex
from wizard.checks.reach import CHECK, Seen, Subject
from wizard.checks.reach_answers import Answered, Door, knock
from wizard.core.checks import Skip
from wizard.core.faults import Fault
from wizard.net import Net

V4, V6, OTHER = "203.0.113.9", "2001:db8::9", "198.51.100.7"
SUBJECT = Subject(NAME, 443, 80, "direct", (ECHO,) * 4)
VPS = replace(SUBJECT, method="wireguard")


def right(address: str = V4, port: int = 443) -> Answered:
    return Answered(address, port, port == 443, True, 200)


def silent(fault: Fault, address: str = V4, port: int = 443) -> Answered:
    return Answered(address, port, port == 443, fault=fault)


def other(server: str = "", title: str = "", status: int = 200, port: int = 443) -> Answered:
    return Answered(V4, port, port == 443, status=status, server=server, title=title)


def judged(subject: Subject, *answers: Answered) -> list[str]:
    return codes(CHECK.judge(subject, Seen(answers)))


def test_the_subject_asks_for_port_80_only_where_somebody_uses_it() -> None:
    assert CHECK.subject(scene(echoes=(ECHO,) * 4)) == SUBJECT
    for method in ("cloudflare", "funnel", "tailnet"):
        subject = CHECK.subject(scene(host=host(method=method)))
        assert isinstance(subject, Subject)
        assert subject.http_port == 0
    moved = CHECK.subject(scene(edge=replace(EDGE, public_https_port=8443)))
    assert isinstance(moved, Subject)
    assert (moved.https_port, moved.http_port) == (8443, 0)


def test_own_addresses_are_the_public_ones() -> None:
    subject = CHECK.subject(scene(own_addresses=("192.168.1.7", V4), edge_addresses=(OTHER,)))
    assert isinstance(subject, Subject)
    assert subject.own_addresses == (V4, OTHER)


def test_it_is_skipped_where_nothing_can_be_proven() -> None:
    assert isinstance(CHECK.subject(scene(host=host(paused=True))), Skip)
    assert isinstance(CHECK.subject(scene(echoes=())), Skip)


@pytest.mark.parametrize(
    ("subject", "answers", "expected"),
    [
        (SUBJECT, [right(), right(port=80)], ["reach-ok ok"]),
        (SUBJECT, [right(), right(V6)], ["reach-ok ok"]),
        (SUBJECT, [right("127.0.0.1"), silent(Fault.NO_NETWORK, "::1")], ["reach-ok ok"]),
        (SUBJECT, [right("127.0.0.1"), silent(Fault.REFUSED, "::1")], ["reach-ok ok"]),
        (SUBJECT, [silent(Fault.REFUSED, "127.0.0.1"), silent(Fault.REFUSED, "::1")], ["reach-refused failure"]),
        (SUBJECT, [silent(Fault.CLOSED, "127.0.0.1"), silent(Fault.REFUSED, "::1")], ["reach-refused failure"]),
        (VPS, [silent(Fault.REFUSED)], ["reach-refused failure"]),
        (VPS, [silent(Fault.RESET)], ["reach-refused failure"]),
        (VPS, [silent(Fault.REFUSED), silent(Fault.CLOSED, OTHER)], ["reach-refused failure"]),
        (VPS, [right(), silent(Fault.REFUSED, V6)], ["reach-refused warning"]),
        (VPS, [silent(Fault.TIMED_OUT)], ["reach-filtered failure"]),
        (VPS, [silent(Fault.UNREACHABLE)], ["reach-filtered failure"]),
        (VPS, [right(), silent(Fault.TIMED_OUT, V6)], ["reach-filtered warning"]),
        (VPS, [other("nginx", "Welcome")], ["reach-wrong-server failure"]),
        (VPS, [other("Caddy")], ["reach-wrong-server failure"]),
        (VPS, [other("cloudflare", status=530)], ["reach-wrong-server failure"]),
        (VPS, [silent(Fault.NOT_TLS)], ["reach-wrong-server failure"]),
        (VPS, [silent(Fault.NOT_HTTP)], ["reach-wrong-server failure"]),
        (SUBJECT, [other("lighttpd", "FRITZ!Box")], ["reach-wrong-server failure"]),
        (SUBJECT, [silent(Fault.TIMED_OUT)], ["reach-hairpin unknown"]),
        (SUBJECT, [silent(Fault.REFUSED)], ["reach-hairpin unknown"]),
        (SUBJECT, [silent(Fault.REFUSED, V6)], ["reach-refused failure"]),
        (replace(SUBJECT, own_addresses=(V4,)), [silent(Fault.TIMED_OUT)], ["reach-hairpin unknown"]),
        (replace(SUBJECT, own_addresses=(OTHER,)), [silent(Fault.TIMED_OUT)], ["reach-filtered failure"]),
        (SUBJECT, [right(), silent(Fault.REFUSED, port=80)], ["reach-http-port warning"]),
        (SUBJECT, [right(), silent(Fault.TIMED_OUT, port=80)], ["reach-http-port warning"]),
        (SUBJECT, [right(), other("lighttpd", "Router", port=80)], ["reach-http-port warning"]),
        (SUBJECT, [silent(Fault.TIMED_OUT), silent(Fault.TIMED_OUT, port=80)], ["reach-hairpin unknown"]),
        (SUBJECT, [right(), silent(Fault.NO_NETWORK, V6)], ["reach-ok ok", "reach-could-not-look unknown"]),
        (SUBJECT, [silent(Fault.NO_NETWORK)], ["reach-could-not-look unknown"]),
        (SUBJECT, [silent(Fault.NO_NETWORK, "127.0.0.1")], ["reach-could-not-look unknown"]),
        (VPS, [silent(Fault.NO_CERTIFICATE)], ["reach-could-not-look unknown"]),
        (VPS, [silent(Fault.OTHER)], ["reach-could-not-look unknown"]),
        (VPS, [other("Caddy", status=502)], ["reach-could-not-look unknown"]),
        (
            VPS,
            [silent(Fault.REFUSED), silent(Fault.TIMED_OUT, OTHER), other("nginx")],
            ["reach-refused failure", "reach-filtered failure", "reach-wrong-server failure"],
        ),
    ],
)
def test_what_answers_is_judged(subject: Subject, answers: list[Answered], expected: list[str]) -> None:
    assert judged(subject, *answers) == expected


def test_a_name_that_cannot_be_looked_up_and_addresses_too_many_are_unknown() -> None:
    assert codes(CHECK.judge(SUBJECT, Seen(fault=Fault.RESOLVER_FAILED))) == ["reach-could-not-look unknown"]
    found = codes(CHECK.judge(SUBJECT, Seen((right(),), more_addresses=2)))
    assert found == ["reach-ok ok", "reach-could-not-look unknown"]


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("127.0.0.1", "on this machine only"),
        ("192.168.1.20", "inside your own network only"),
        ("100.101.1.10", "inside your tailnet or your provider's network only"),
        ("fd7a:115c:a1e0::1", "inside your tailnet only"),
    ],
)
def test_an_address_that_only_some_can_reach_is_labelled(address: str, label: str) -> None:
    (verdict,) = CHECK.judge(SUBJECT, Seen((right(address),)))
    assert verdict.summary.endswith(label)


def test_what_is_not_proven_from_inside_is_said() -> None:
    (verdict,) = CHECK.judge(SUBJECT, Seen((right(), right(port=80))))
    assert verdict.summary == f"Ports 443 and 80 lead to this Caddy at {V4}"
    assert "Not proven from here" in verdict.why


def test_a_router_that_answers_may_do_so_only_from_inside() -> None:
    (verdict,) = CHECK.judge(SUBJECT, Seen((other("lighttpd", "FRITZ!Box"),)))
    assert 'calls itself "FRITZ!Box"' in verdict.summary
    assert "many routers answer with their own page" in verdict.why
    (rented,) = CHECK.judge(VPS, Seen((other("nginx"),)))
    assert "routers" not in rented.why


def test_a_way_in_that_answers_without_leading_home_is_named() -> None:
    (verdict,) = CHECK.judge(replace(SUBJECT, method="cloudflare"), Seen((other("cloudflare", status=530),)))
    assert verdict.remedy is not None
    assert verdict.remedy.steps[0].startswith("See whether Cloudflare Tunnel is connected")


def test_no_fault_and_no_status_is_forgotten() -> None:
    for subject in (SUBJECT, VPS):
        for port in (443, 80):
            for fault in Fault:
                assert judged(subject, right(OTHER), silent(fault, port=port))
                assert judged(subject, silent(fault, port=port))
            for status in (200, 301, 400, 404, 502, 522):
                assert judged(subject, other("Caddy", status=status, port=port))


# with a real Caddy


def test_caddys_own_ports_are_green(lab: Lab) -> None:
    scene = lab.scene(CHECK)
    subject = CHECK.subject(scene)
    assert isinstance(subject, Subject)
    with_http = replace(subject, http_port=lab.edge.http_port)
    seen = CHECK.observe(Net(), with_http)
    (verdict,) = CHECK.judge(with_http, seen)
    assert verdict.code == "reach-ok"
    assert verdict.summary.startswith(f"Ports {lab.edge.https_port} and {lab.edge.http_port} lead to this Caddy")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (HopFault.ROUTER_PAGE, ["reach-wrong-server failure"]),
        (HopFault.CLOSE, ["reach-refused failure"]),
        (HopFault.TERMINATE, ["reach-ok ok"]),
    ],
)
def test_a_fault_before_caddy_is_named_and_green_when_it_is_gone(
    lab: Lab, fault: HopFault, expected: list[str]
) -> None:
    with lab.hop(fault) as (hop, changes):
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == expected
        hop.fault = HopFault.TERMINATE
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == ["reach-ok ok"]


def test_a_port_that_swallows_everything_is_filtered(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.checks.reach_answers._SECONDS", 0.5)
    with lab.hop(HopFault.BLACKHOLE) as (_, changes):
        assert lab.codes(CHECK, lab.scene(CHECK, **changes)) == ["reach-filtered failure"]


def test_nobody_at_the_port_is_refused(lab: Lab) -> None:
    edge = replace(lab.edge, public_https_port=free_port())
    assert lab.codes(CHECK, lab.scene(CHECK, edge=edge)) == ["reach-refused failure"]


def test_a_leftover_address_is_told_beside_the_good_one(lab: Lab) -> None:
    second = lab.host("second.localhost")
    lab.serve(lab.host(), second)
    net = Net(known={"second.localhost": ("127.0.0.1", "127.0.0.2")})
    with (
        lab.hop(HopFault.PASS) as (hop, changes),
        Hop(hop.to, HopFault.CLOSE, host="127.0.0.2", port=hop.port) as old,
    ):
        assert lab.codes(CHECK, lab.scene(CHECK, second, **changes), net) == ["reach-refused warning"]
        old.fault = HopFault.PASS
        assert lab.codes(CHECK, lab.scene(CHECK, second, **changes), net) == ["reach-ok ok"]


def test_a_caddy_that_does_not_know_the_name_is_another_one(lab: Lab) -> None:
    def forget(config: dict[str, Any]) -> None:
        for server in config["apps"]["http"]["servers"].values():
            server["routes"] = []
            server["tls_connection_policies"] = [{}]
        config["apps"]["tls"] = {
            "certificates": {"automate": [lab.host().domain.name]},
            "automation": {"policies": [{"issuers": [{"module": "internal"}]}]},
        }

    lab.serve(lab.host(), change=forget)
    (verdict,) = lab.run(CHECK).verdicts
    assert verdict.code == "reach-wrong-server"
    assert verdict.summary.startswith("A Caddy that does not know this name")


def test_caddy_that_cannot_reach_this_app_leaves_it_open(lab: Lab) -> None:
    def lose_the_app(config: dict[str, Any]) -> None:
        text = lab.edge.echo_dial
        for route in _routes(config):
            for handler in route.get("handle", []):
                for upstream in handler.get("upstreams", []):
                    if upstream["dial"] == text:
                        upstream["dial"] = f"127.0.0.1:{free_port()}"

    lab.serve(lab.host(), change=lose_the_app)
    assert lab.codes(CHECK) == ["reach-could-not-look unknown"]


def _routes(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, list):
        return [route for one in found for route in _routes(one)]
    if not isinstance(found, dict):
        return []
    own = [found] if "handle" in found else []
    return own + [route for one in found.values() for route in _routes(one)]


def test_another_server_on_port_80_warns() -> None:
    with Plex() as plex:
        answered = knock(Net(), "plex.localhost", Door("127.0.0.1", plex.port, is_secure=False))
    assert not answered.is_ours
    assert judged(SUBJECT, right("127.0.0.1"), replace(answered, address="127.0.0.1")) == ["reach-http-port warning"]
