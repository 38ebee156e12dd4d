"""One probe for each fact about a connection: the small protocols, asked with what this machine knows of itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.connection import Fact, Facts, Gateway, Hop, Machine, Seen, State
from wizard.core.nat_view import hops_beyond, is_overlay
from wizard.net import exchange, igd, names, portmap, public_address, ssdp, streams, stun, trace
from wizard.net.asking import Ask
from wizard.net.deadline import Deadline

_LOCAL_SECONDS = 1.6  # a router at home answers in milliseconds, or not at all
_LOOKUP_SECONDS = 2.0
_MOST_OTHERS = 3


class Scene:
    """What the probes share: the question, the machine, the end, and the way out once it is known."""

    def __init__(self, ask: Ask, machine: Machine, ends_at: float) -> None:
        self.ask = ask
        self.machine = machine
        self._ends_at = ends_at
        self._way: tuple[Hop, ...] = ()
        self._known = threading.Event()

    def deadline(self, seconds: float = 3600.0) -> Deadline:
        """At most so many seconds, and a little less than until the end of the whole."""
        return Deadline(max(min(seconds, self._ends_at - time.monotonic() - 0.2), 0.01))

    @property
    def gateways(self) -> tuple[str, ...]:
        """The default gateways that are private: nobody else's router is asked."""
        return tuple(text for text in self.machine.four.gateways if _is_at_home(text))

    def note_way(self, way: tuple[Hop, ...]) -> None:
        """The way out is known now, or known not to be known."""
        self._way = way
        self._known.set()

    def others(self) -> tuple[str, ...]:
        """Private routers past the first one: a second one at home, or the real one behind a container's host."""
        self._known.wait(self.deadline().left())
        texts = [hop.address for hop in self._way if hop.address and not hop.is_end and _is_at_home(hop.address)]
        return tuple(text for text in texts if text not in self.gateways)[:_MOST_OTHERS]

    def way(self) -> tuple[Hop, ...]:
        """The way out; waits for it."""
        self._known.wait(self.deadline().left())
        return self._way


def _is_at_home(text: str) -> bool:
    address = parse_address(text)
    return address is not None and address.version == 4 and kind_of(address) in {Kind.PRIVATE, Kind.LOOPBACK}


def _upnp(scene: Scene) -> Fact[tuple[Gateway, ...]]:
    ask = scene.ask
    own = [text for one in scene.machine.interfaces if not is_overlay(one) for text in one.addresses]
    networks = [text for text in own if _is_at_home(text)]
    found = ssdp.search(
        networks, scene.gateways, scene.deadline(_LOCAL_SECONDS), group=ask.ssdp_group, port=ask.ssdp_port
    )
    others = [text for text in scene.others() if text not in {one.address for one in found}]
    if others:
        found += ssdp.search((), others, scene.deadline(_LOCAL_SECONDS), port=ask.ssdp_port)
    gateways = igd.ask_gateways(found, scene.deadline(3.0))
    note = "" if gateways else "No gateway answered. Many routers have UPnP switched off"
    return Fact(gateways, State.MEASURED, _sources(gateways), note=note)


def _nat_pmp(scene: Scene) -> Fact[tuple[Gateway, ...]]:
    port = scene.ask.portmap_port
    told = portmap.ask_nat_pmp(scene.gateways, scene.deadline(_LOCAL_SECONDS), port=port)
    if others := scene.others():
        told += portmap.ask_nat_pmp(others, scene.deadline(_LOCAL_SECONDS), port=port)
    return _told(told, "No gateway answered NAT-PMP")


def _pcp(scene: Scene) -> Fact[tuple[Gateway, ...]]:
    told = portmap.ask_pcp(scene.gateways, scene.deadline(_LOCAL_SECONDS), port=scene.ask.portmap_port)
    return _told(told, "No gateway answered PCP")


def _told(told: tuple[portmap.Told, ...], silence: str) -> Fact[tuple[Gateway, ...]]:
    gateways = tuple(Gateway(one.gateway, one.wan, result=one.result) for one in told)
    return Fact(gateways, State.MEASURED, _sources(gateways), note="" if gateways else silence)


def _stun(scene: Scene) -> Fact[tuple[Seen, ...]]:
    servers = [one for one in _each(_stun_server, scene.ask.stun) if one is not None]
    if not servers:
        return Fact((), State.MEASURED, note="The names of the STUN servers could not be looked up")
    mapped = stun.ask_all(servers, scene.deadline(2.5))
    seen = tuple(Seen(one.server, one.address, one.port) for one in mapped)
    return Fact(seen, State.MEASURED, ", ".join(scene.ask.stun), note="" if seen else "No STUN server answered")


def _stun_server(server: str) -> tuple[str, str, int] | None:
    host, port = _host_and_port(server)
    address = _four(host)
    return (server, address, port or stun.PORT) if address else None


def _public(version: int) -> Callable[[Scene], Fact[tuple[Seen, ...]]]:
    def probe(scene: Scene) -> Fact[tuple[Seen, ...]]:
        ask = scene.ask
        if not (scene.machine.four if version == 4 else scene.machine.six).address:
            return Fact((), State.MEASURED, "this machine", note=f"This machine has no way out over IPv{version}")
        said = _each(
            lambda url: public_address.ask_service(url, version, scene.deadline(4.0), roots_pem=ask.roots_pem),
            ask.services,
        )
        seen = tuple(one for one, _ in said if one is not None)
        note = "" if seen else "; ".join(why for _, why in said)
        return Fact(seen, State.MEASURED, ", ".join(urlsplit(url).netloc for url in ask.services), note=note)

    return probe


def _hops(scene: Scene) -> Fact[tuple[Hop, ...]]:
    way: tuple[Hop, ...] = ()
    try:
        target = _target(scene.ask)
        if not target or not trace.can_trace():
            return Fact((), note="This system does not show the way out" if target else "The target has no address")
        steps = trace.trace(target, scene.deadline(2.2))
        way = tuple(Hop(step.distance, step.address, step.milliseconds, step.is_end) for step in steps)
        return Fact(way, State.MEASURED, f"towards {target}", note="" if way else "No router on the way answered")
    finally:
        scene.note_way(way)


def _target(ask: Ask) -> str:
    hosts = [_host_and_port(server)[0] for server in ask.stun] + [
        urlsplit(url).hostname or "" for url in ask.services
    ]
    return next((address for host in hosts if (address := _four(host))), "")


def _pages(scene: Scene) -> Fact[tuple[str, ...]]:
    way = scene.way()
    if not way:
        return Fact((), note="The way out is not known")
    known = Facts(
        machine=Fact(scene.machine, State.MEASURED), hops=Fact(way, State.MEASURED), tailnet=Fact(scene.ask.tailnet)
    )
    candidates = [hop.address for hop in hops_beyond(known)[:1] if _is_at_home(hop.address)]
    found = tuple(text for text in candidates if _has_page(text, scene))
    note = "" if found else f"{', '.join(candidates)} shows none" if candidates else "There is no private box to ask"
    return Fact(found, State.MEASURED, ", ".join(candidates), note=note)


def _has_page(address: str, scene: Scene) -> bool:
    port = scene.ask.page_port
    answer = exchange.get(f"http://{address}:{port}/", (address,), (), exchange.Terms(), scene.deadline(1.0))
    return answer.status > 0 or streams.connect(address, 443, scene.deadline(0.5).left()).fault is None


def _sources(gateways: tuple[Gateway, ...]) -> str:
    return ", ".join(dict.fromkeys(gateway.address for gateway in gateways))


def _each(probe: Callable[[str], Any], targets: tuple[str, ...]) -> list[Any]:
    with ThreadPoolExecutor(max(len(targets), 1)) as pool:
        return list(pool.map(probe, targets))


def _host_and_port(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "", parts.port or 0


def _four(host: str) -> str:
    where = names.addresses(host, servers=(), known={}, seconds=_LOOKUP_SECONDS)
    return next((text for text in where.values if ":" not in text), "")


PROBES: Mapping[str, Callable[[Scene], Fact[Any]]] = {
    "upnp": _upnp,
    "nat_pmp": _nat_pmp,
    "pcp": _pcp,
    "stun": _stun,
    "public4": _public(4),
    "public6": _public(6),
    "hops": _hops,
    "pages": _pages,
}
