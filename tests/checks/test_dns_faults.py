"""Seeded faults in DNS: real name servers, each fault named with its remedy, green again by checking again alone."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.checks.sets import NAME, codes, host, scene
from tests.net.dns_server import NameServer
from wizard.checks import CHECKS, run_check
from wizard.checks.dns import CHECK
from wizard.core.checks import Hop, Scene
from wizard.core.hosts import Edge
from wizard.core.verdicts import CheckResult
from wizard.methods import METHODS
from wizard.net import Net

RIGHT = "203.0.113.9"
A, AAAA, CAA = (NAME, "A"), (NAME, "AAAA"), (NAME, "CAA")
DELEGATION = {
    ("example.com", "NS"): ("ns1.example.com.", "ns2.example.com."),
    ("ns1.example.com", "A"): ("127.0.0.2",),
    ("ns2.example.com", "A"): ("127.0.0.3",),
    ("com", "NS"): ("a.gtld-servers.net.",),
}


@dataclass
class World:
    """This machine's own resolver, the two servers of example.com, and one public resolver."""

    own: NameServer
    first: NameServer
    second: NameServer
    public: NameServer
    scene: Scene = field(default_factory=lambda: scene(edge_addresses=(RIGHT,)))

    def everywhere(self, kind: tuple[str, str], *values: str) -> None:
        """Change a record at every server; without values it is gone."""
        for server in (self.own, self.first, self.second, self.public):
            kept = {**server.records}
            kept.pop(kind, None)
            server.records = {**kept, kind: values} if values else kept

    def check(self) -> CheckResult:
        """What the check finds now."""
        net = Net((self.own.address,), authority_port=self.first.port)
        result = run_check(CHECK, net, replace(self.scene, resolvers=(self.public.address,)))
        assert isinstance(result, CheckResult)
        return result


@pytest.fixture
def world() -> Iterator[World]:
    """Everything says the same, and it is right."""
    with ExitStack() as ends:
        first = ends.enter_context(NameServer({A: (RIGHT,)}, address="127.0.0.2", is_authority=True))
        second = ends.enter_context(
            NameServer({A: (RIGHT,)}, address="127.0.0.3", port=first.port, is_authority=True)
        )
        own = ends.enter_context(NameServer({A: (RIGHT,), **DELEGATION}))
        public = ends.enter_context(NameServer({A: (RIGHT,), **DELEGATION}))
        yield World(own, first, second, public)


@contextmanager
def listening() -> Iterator[int]:
    """Somebody who takes connections at 127.0.0.1, and only there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def _wrong_address(world: World) -> None:
    world.everywhere(A, "198.51.100.7")


def _doubled(world: World) -> None:
    world.everywhere(A)
    for server in (world.own, world.first, world.second, world.public):
        server.records = {**server.records, (f"{NAME}.example.com", "A"): (RIGHT,)}


def _private(world: World) -> None:
    world.everywhere(A, "192.168.1.20")


def _carrier(world: World) -> None:
    world.everywhere(A, "100.64.0.9")


def _differ(world: World) -> None:
    world.second.records = {A: ("198.51.100.7",)}


def _missing_at_one(world: World) -> None:
    world.second.records = {}


def _one_is_silent(world: World) -> None:
    world.second.rcode = "REFUSED"


def _stalled(world: World) -> None:
    world.own.silent = True


def _caa(world: World) -> None:
    world.everywhere(CAA, '0 issue "sectigo.com"')


def _cloudflare(world: World) -> None:
    world.scene = replace(world.scene, edge_addresses=())
    world.everywhere(A, "104.16.1.1")


def _home(world: World) -> None:
    world.scene = replace(world.scene, host=host(method="wireguard"), own_addresses=("198.51.100.7",))
    world.everywhere(A, "198.51.100.7")


def _remembered(world: World) -> None:
    world.public.records = {**DELEGATION}


def _unsigned(world: World) -> None:
    world.public.unsigned_only = True


def _gone(world: World) -> None:
    world.everywhere(A)


def _broken(world: World) -> None:
    for server in (world.own, world.first, world.second, world.public):
        server.rcode = "SERVFAIL"


FAULTS: list[tuple[Callable[[World], None], str, str]] = [
    (_wrong_address, "dns-wrong-address failure", "198.51.100.7"),
    (_doubled, "dns-doubled failure", "rename the record to plex."),
    (_private, "dns-private-address failure", "192.168.1.20"),
    (_carrier, "dns-cgnat-address failure", "100.64.0.9"),
    (_differ, "dns-differs warning", "ns2.example.com: 198.51.100.7"),
    (_missing_at_one, "dns-differs warning", "ns2.example.com: the name does not exist"),
    (_one_is_silent, "dns-authority-silent warning", "ns2.example.com (127.0.0.3)"),
    (_stalled, "dns-own-resolver warning", "This machine's own name server gives no answer"),
    (_caa, "dns-caa warning", 'plex.example.com. CAA 0 issue "letsencrypt.org"'),
    (_cloudflare, "dns-cloudflare warning", "104.16.1.1"),
    (_home, "dns-points-home failure", "198.51.100.7, your home"),
    (_remembered, "dns-not-everywhere warning", "Wait until "),
    (_unsigned, "dns-dnssec failure", "DS record"),
    (_gone, "dns-name-not-found failure", "remembers until "),
    (_broken, "dns-broken failure", "from the name servers of example.com"),
]


@pytest.mark.parametrize(
    ("spoil", "code", "words"), FAULTS, ids=[spoil.__name__.strip("_") for spoil, _, _ in FAULTS]
)
def test_a_fault_in_dns_is_named_and_green_by_checking_again_once_it_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[World], None], code: str, words: str
) -> None:
    if spoil is _stalled:
        monkeypatch.setattr("wizard.checks.dns._SECONDS", 0.5)
        monkeypatch.setattr("wizard.checks.dns._SERVER_SECONDS", 0.5)
    assert codes(world.check().verdicts) == ["dns-ok ok"]
    before = [{**vars(server)} for server in (world.own, world.first, world.second, world.public)]
    was = world.scene
    spoil(world)
    found = world.check().verdicts[0]
    assert codes((found,)) == [code]
    assert found.remedy is not None
    assert found.remedy.guide == f"troubleshooting#{found.code}"
    told = " ".join((found.summary, found.remedy.action, *found.remedy.steps, found.remedy.snippet))
    assert words in told, told
    assert CHECK.hop is Hop.NAME

    for server, attributes in zip((world.own, world.first, world.second, world.public), before, strict=True):
        vars(server).update(attributes)
    world.scene = was
    assert codes(world.check().verdicts) == ["dns-ok ok"]


def test_an_aaaa_record_that_nobody_answers_is_named_and_green_once_it_is_deleted(world: World) -> None:
    with listening() as port:
        world.own.records = {**DELEGATION, A: ("127.0.0.1",), AAAA: ("::1",)}
        world.scene = replace(world.scene, edge=Edge("here", "unix//run/caddy.sock", public_https_port=port))
        found = world.check().verdicts[0]
        assert codes((found,)) == ["dns-stale-aaaa warning"]
        assert "leads to ::1, and nobody answers there" in found.summary
        world.own.records = {**DELEGATION, A: ("127.0.0.1",)}
        assert codes(world.check().verdicts) == ["dns-ok ok", "dns-split note"]


def test_an_answer_for_home_only_is_a_note(world: World) -> None:
    world.own.records = {**DELEGATION, A: ("192.168.1.7",)}
    verdicts = world.check().verdicts
    assert codes(verdicts) == ["dns-ok ok", "dns-split note"]
    assert verdicts[0].summary == f"Leads to {RIGHT}"
    assert "192.168.1.7, outside to 203.0.113.9" in verdicts[1].summary


def test_an_old_answer_at_home_says_until_when(world: World) -> None:
    world.own.records = {**DELEGATION, A: ("198.51.100.7",)}
    world.own.ttl_seconds = 3000
    (found,) = world.check().verdicts
    assert found.code == "dns-not-everywhere"
    assert "this machine's own name server: 198.51.100.7" in found.summary
    assert found.remedy is not None
    assert found.remedy.action.endswith("UTC, then check again.")


def test_a_network_that_knows_no_name_of_the_internet_leaves_it_open() -> None:
    with NameServer({}) as own:
        for method in METHODS:
            there = scene(host=host(method=method), resolvers=(own.address,))
            result = run_check(CHECKS["dns"], Net((own.address,)), there)
            assert isinstance(result, CheckResult)
            assert codes(result.verdicts) == ["dns-could-not-ask unknown"]
            assert "no name of the internet" in result.verdicts[0].summary


def test_names_of_a_tailnet_and_of_this_machine_ask_nobody_else(world: World) -> None:
    for changes in ({"host": host(method="tailnet")}, {"host": host(method="funnel")}):
        world.scene = scene(**changes)
        world.check()
        assert world.public.asked == []
        assert world.first.asked == []


def test_what_was_seen_survives_a_journey_as_json(world: World) -> None:
    import msgspec  # noqa: PLC0415 -- only here

    world.second.records = {}
    subject: Any = CHECK.subject(replace(world.scene, resolvers=(world.public.address,)))
    result = world.check()
    again = msgspec.convert(msgspec.json.decode(msgspec.json.encode(result.observed)), CHECK.seen_type)
    assert CHECK.judge(subject, again) == result.verdicts
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(subject)), CHECK.subject_type) == subject
