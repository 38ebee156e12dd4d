"""Looking for media servers in the background: one look at a time, what is found is written down as it lands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
from redis.exceptions import RedisError

from tasks.sending import send
from tasks.tailnet_api import last_told
from tasks.workplace import Workplace
from wizard.core.connection import Machine
from wizard.core.servers import Candidate, Found, Source
from wizard.core.shapes import learn
from wizard.core.tailnet import peers_as_servers
from wizard.core.tailnet_api import as_tailnet
from wizard.core.tailnet_findings import SOCKET
from wizard.discovering import Search, discover
from wizard.net.announcing import Where, home_networks
from wizard.net.machine import Kernel, look_at_machine
from wizard.net.tailnet_watch import look as look_at_tailnet
from wizard.store import hosts, servers
from wizard.store.clock import now
from wizard.store.session import Unavailable

log = logging.getLogger(__name__)

OLD_AFTER = timedelta(minutes=1)
LOST_AFTER = timedelta(seconds=15)
_KEY, _LEASE, _COUNT = "porthole:discovery", "porthole:discovering", "porthole:discoveries"
_KEPT_SECONDS = 24 * 3600
_NEIGHBOURS = tuple(
    Candidate(name, port, source=Source.MACHINE)
    for name, port in (
        ("plex", 32400),
        ("jellyfin", 8096),
        ("emby", 8096),
        ("host.docker.internal", 32400),
        ("host.docker.internal", 8096),
    )
)


@dataclass(frozen=True, slots=True)
class Discovery:
    """The newest look: when it was asked for and when it ended, and how many servers answered in it."""

    number: int
    asked_at: datetime
    ended_at: datetime | None = None
    count: int = 0

    @property
    def is_running(self) -> bool:
        """True until it ended; one that nobody took up counts as over after a while."""
        return self.ended_at is None and now() - self.asked_at < LOST_AFTER


learn(Discovery)


def load_discovery(place: Workplace) -> Discovery | None:
    """The newest look; None when there was none today, or the broker is away."""
    try:
        kept = place.redis.get(_KEY)
        return msgspec.json.decode(kept, type=Discovery) if isinstance(kept, str) else None
    except (RedisError, msgspec.DecodeError):
        return None


def start_discovery(place: Workplace) -> None:
    """Look, unless that is going on already."""
    try:
        if not place.redis.set(_LEASE, "1", nx=True, ex=int(LOST_AFTER.total_seconds())):
            return
        number = int(place.redis.incr(_COUNT))
        _keep(place, Discovery(number, now()))
    except RedisError:
        return  # the page says that nothing was found, and its button tries again
    send("discover", number)


def start_discovery_if_old(place: Workplace) -> None:
    """The same when the last look is older than a minute."""
    last = load_discovery(place)
    if last is None or (not last.is_running and now() - (last.ended_at or last.asked_at) > OLD_AFTER):
        start_discovery(place)


def carry_out_discovery(place: Workplace, number: int) -> None:
    """Look, and write down what is found. Delivered twice, or after a newer one was asked for, it does nothing."""
    wanted = load_discovery(place)
    try:
        taken = wanted is not None and place.redis.set(f"{_KEY}:{number}", "1", nx=True, ex=_KEPT_SECONDS)
        if wanted is None or wanted.number != number or wanted.ended_at is not None or not taken:
            return
        count = look(place)
        _keep(place, replace(wanted, ended_at=now(), count=count))
        place.redis.delete(_LEASE)
    except RedisError as problem:
        log.warning("the end of a look for media servers was not written down: %s", problem)


def look(place: Workplace, heard: Callable[[Found], None] = lambda _found: None) -> int:
    """One look at everything; gives how many different servers answered. `heard` is told of each answer."""
    seen: set[str] = set()

    def tell(found: Found) -> None:
        try:
            servers.note_found(place.database, found)
        except Unavailable as problem:
            log.warning("a media server that was found was not written down: %s", problem)
        seen.add(found.key)
        heard(found)

    discover(place.net, build_search(place), tell)
    return len(seen)


def build_search(place: Workplace) -> Search:
    """What this installation knows before it looks. A demonstration looks only at its own stand-in."""
    known = tuple(_known(place))
    if place.settings.demo:
        return Search(known=known, loopback=True)
    networks, machine = home_networks(), look_at_machine(Kernel())
    # the gateway of a container is the machine it runs on, and its neighbours have names
    own = machine.four.gateways if machine.is_bridged else tuple(networks)
    return Search(
        where=Where(networks),
        known=(*known, *(_NEIGHBOURS if machine.is_bridged else ())),
        machines=(
            *(Candidate(text, source=Source.MACHINE) for text in own),
            *_peers(place, machine),
        ),
        docker=servers.load_docker(place.database),
        own=own,
    )


def _peers(place: Workplace, machine: Machine) -> list[Candidate]:
    """The machines of the tailnet that are online, at their best address.

    Where tailscaled cannot be asked they come from Tailscale's control API, if this machine can be in the tailnet:
    one of its addresses is in the list, or it is a container and its host may be. Otherwise 100.x is a stranger's.
    """
    tailnet = look_at_tailnet(str(place.way("tailscale").values.get(SOCKET, "")))
    if tailnet.silence is not None:
        told = as_tailnet(last_told(place), now())
        listed = {address for one in told.peers for address in one.addresses}
        own = {address for one in machine.interfaces for address in one.addresses}
        tailnet = told if machine.is_bridged or listed & own else tailnet
    return [
        Candidate(str(peer.addresses[0]), name=peer.name, source=Source.TAILNET)
        for peer in peers_as_servers(tailnet)
        if peer.is_online
    ]


def _known(place: Workplace) -> list[Candidate]:
    """Servers saved by hand, and those of the proxy hosts that there are."""
    found = [
        Candidate(one.found.address, one.found.port, one.found.scheme, one.found.name, one.found.kind, Source.HAND)
        for one in servers.list_servers(place.database)
        if one.is_saved
    ]
    for saved in hosts.list_hosts(place.database):
        upstream, name = saved.host.upstream, str(saved.server.get("name") or "")
        found.append(Candidate(upstream.address, upstream.port, upstream.scheme, name, upstream.media, Source.HOST))
    return found


def _keep(place: Workplace, discovery: Discovery) -> None:
    place.redis.set(_KEY, msgspec.json.encode(discovery).decode(), ex=_KEPT_SECONDS)
