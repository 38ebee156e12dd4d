"""What tailscaled says of itself and of the tailnet, as values. Pure, and as lenient as its interface is unstable.

The status document is read by the Go field names of `ipn/ipnstate`: any key may be missing, any list or pointer may
be null, a time of the year 1 means "never". No JSON of any shape raises here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from wizard.core.addresses import Kind, is_routed, kind_of, parse_address
from wizard.core.lenient import mapping, moment, name_of, text_of, texts

MOST_PEERS = 1000
_MOST_VALUES = 50
_DEFAULT_CONTROL = "controlplane.tailscale.com"


class Path(StrEnum):
    """The way that packets take between this machine and a peer."""

    DIRECT = "direct"
    PEER_RELAY = "peer-relay"
    DERP = "derp"  # a relay that everybody shares
    IDLE = "idle"  # nothing was sent lately, so nobody knows
    OFFLINE = "offline"


class Backend(StrEnum):
    """The states of tailscaled (`ipn.State`); UNKNOWN for one that we do not know."""

    NO_STATE = "NoState"
    NEEDS_LOGIN = "NeedsLogin"
    NEEDS_APPROVAL = "NeedsMachineAuth"
    STOPPED = "Stopped"
    STARTING = "Starting"
    RUNNING = "Running"
    UNKNOWN = "unknown"


class Silence(StrEnum):
    """Why tailscaled said nothing."""

    NOT_FOUND = "not-found"  # no socket at the places where it should be
    NOT_RUNNING = "not-running"  # a socket, and nobody behind it
    NOT_ALLOWED = "not-allowed"
    NOT_UNDERSTOOD = "not-understood"  # no answer in time, or none that is a status document


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of the tailnet. `endpoint`, `relay` and `peer_relay` are tailscaled's own words for its path.

    `expires_at` is None when its key does not expire. `is_measured`: the path was tried with pings until it was sure.
    """

    name: str
    dns_name: str = ""
    addresses: tuple[str, ...] = ()
    os: str = ""
    is_online: bool = False
    is_expired: bool = False
    expires_at: datetime | None = None
    last_seen_at: datetime | None = None
    path: Path = Path.IDLE
    via: str = ""
    is_measured: bool = False

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.dns_name or (self.addresses[0] if self.addresses else "a machine without a name")

    def answers_to(self, text: str) -> bool:
        """Whether `text` is its name, its MagicDNS name or one of its addresses."""
        return bool(text) and text.lower().rstrip(".") in {
            one.lower() for one in (self.name, self.dns_name, *self.addresses) if one
        }


@dataclass(frozen=True, slots=True)
class Tailnet:
    """What was seen, and when. With `silence` tailscaled gave no status, and only `socket` and `detail` count.

    `shared` are addresses of 100.64.0.0/10 on this machine's other networks. `is_tun` is None when it was not said.
    `more_peers` are not listed; `more_online` of them were online.
    """

    at: datetime
    socket: str = ""
    silence: Silence | None = None
    detail: str = ""
    backend: Backend = Backend.UNKNOWN
    version: str = ""
    is_tun: bool | None = None
    sign_in_url: str = ""
    name: str = ""
    suffix: str = ""
    has_magic_dns: bool | None = None
    control: str = ""
    me: Machine | None = None
    peers: tuple[Machine, ...] = ()
    more_peers: int = 0
    more_online: int = 0
    cert_domains: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    health: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def is_foreign(self) -> bool:
        """True when a control server of somebody's own, such as Headscale, drives it."""
        return self.control not in {"", _DEFAULT_CONTROL}

    def seen_at(self, text: str) -> str:
        """The public address at which this peer (by name or address) is reached directly; empty when it is not."""
        peer = self.peer(text)
        if peer is None or peer.path is not Path.DIRECT:
            return ""
        address = parse_address(peer.via.rpartition(":")[0])
        return str(address) if address is not None and is_routed(address) else ""

    def peer(self, text: str) -> Machine | None:
        """The peer with this name or address."""
        return next((peer for peer in self.peers if peer.answers_to(text)), None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A machine that may carry a media server: where to look for one, best address first."""

    name: str
    addresses: tuple[str, ...]
    is_online: bool


def read_tailnet(status: object, at: datetime, *, socket: str = "") -> Tailnet:
    """A status document as a value; what is no status document at all is NOT_UNDERSTOOD."""
    document = mapping(status)
    if not isinstance(status, dict) or "BackendState" not in document:
        return Tailnet(at, socket, Silence.NOT_UNDERSTOOD, "The answer is no status document.")
    tailnet = mapping(document.get("CurrentTailnet"))
    mine = document.get("Self")
    peers = list(_peers(document.get("Peer"), at))
    tun = document.get("TUN")
    magic = tailnet.get("MagicDNSEnabled")
    return Tailnet(
        at,
        socket,
        backend=_backend(document.get("BackendState")),
        version=text_of(document.get("Version")).partition("-")[0],
        is_tun=tun if isinstance(tun, bool) else None,
        sign_in_url=_web_address(document.get("AuthURL")),
        name=text_of(tailnet.get("Name")),
        suffix=name_of(tailnet.get("MagicDNSSuffix")) or name_of(document.get("MagicDNSSuffix")),
        has_magic_dns=magic if isinstance(magic, bool) else None,
        me=_machine(mine, at) if isinstance(mine, dict) else None,
        peers=tuple(peers[:MOST_PEERS]),
        more_peers=max(len(peers) - MOST_PEERS, 0),
        cert_domains=tuple(name for one in texts(document.get("CertDomains")) if (name := name_of(one))),
        capabilities=tuple(text_of(key) for key in list(mapping(mapping(mine).get("CapMap")))[:_MOST_VALUES]),
        health=texts(document.get("Health")),
    )


def control_of(prefs: object) -> str:
    """The host name of the control server, from the preferences; empty when they do not say."""
    text = text_of(mapping(prefs).get("ControlURL"))
    return text.partition("://")[2].partition("/")[0].lower()


def path_of_ping(answer: object) -> tuple[Path, str] | None:
    """The path that a ping took, and through what; None when there was no pong."""
    pong = mapping(answer)
    if not pong or pong.get("Err"):
        return None
    if endpoint := text_of(pong.get("Endpoint")):
        return Path.DIRECT, endpoint
    if relay := text_of(pong.get("PeerRelay")):
        return Path.PEER_RELAY, relay
    if region := text_of(pong.get("DERPRegionCode")):
        return Path.DERP, region
    return None


def shared_addresses(found: Iterable[str], tailnet: Tailnet) -> tuple[str, ...]:
    """Those of 100.64.0.0/10 (RFC 6598) that are not Tailscale's own addresses."""
    own = {address for one in (tailnet.me, *tailnet.peers) if one is not None for address in one.addresses}
    parsed = ((text, parse_address(text)) for text in found)
    shared = (text for text, address in parsed if address is not None and kind_of(address) is Kind.SHARED)
    return tuple(dict.fromkeys(text for text in shared if text not in own))


def cut_tailnet(seen: Tailnet, wanted: Iterable[str]) -> Tailnet:
    """The same with only those peers that are `wanted` by name or address, or whose path is surely relayed.

    The others are counted. All that `judge` says of the whole, it says of this.
    """
    texts_wanted = tuple(wanted)
    kept = [
        peer
        for peer in seen.peers
        if (peer.path is Path.DERP and peer.is_measured) or any(peer.answers_to(text) for text in texts_wanted)
    ]
    dropped = [peer for peer in seen.peers if peer not in kept]
    return replace(
        seen,
        peers=tuple(kept),
        more_peers=seen.more_peers + len(dropped),
        more_online=seen.more_online + sum(peer.is_online for peer in dropped),
    )


def peers_as_servers(tailnet: Tailnet) -> tuple[Candidate, ...]:
    """The machines in the tailnet that may carry a media server, those that are online first. Phones are left out."""
    if tailnet.silence is not None or tailnet.backend is not Backend.RUNNING:
        return ()
    found = [
        Candidate(peer.label, tuple(sorted(peer.addresses, key=lambda one: ":" in one)), peer.is_online)
        for peer in tailnet.peers
        if peer.addresses and not peer.is_expired and peer.os.lower() not in {"android", "ios", "tvos"}
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_online, one.name.lower())))


def _peers(value: object, at: datetime) -> Iterator[Machine]:
    peers = (_machine(one, at) for one in mapping(value).values() if isinstance(one, dict))
    yield from sorted(peers, key=lambda peer: (not peer.is_online, peer.label.lower()))


def _machine(value: object, at: datetime) -> Machine:
    found = mapping(value)
    expires_at = moment(found.get("KeyExpiry"))
    is_online = found.get("Online") is True
    path, via = _path(found, is_online=is_online)
    return Machine(
        text_of(found.get("HostName")),
        name_of(found.get("DNSName")),
        tuple(str(address) for one in texts(found.get("TailscaleIPs")) if (address := parse_address(one))),
        text_of(found.get("OS")),
        is_online,
        found.get("Expired") is True or (expires_at is not None and expires_at <= at),
        expires_at,
        moment(found.get("LastSeen")),
        path,
        via,
    )


def _path(found: dict[Any, Any], *, is_online: bool) -> tuple[Path, str]:
    """Idle peers have no CurAddr although a direct path may work, so their relay says nothing."""
    if not is_online:
        return Path.OFFLINE, ""
    if endpoint := text_of(found.get("CurAddr")):
        return Path.DIRECT, endpoint
    if found.get("Active") is not True:
        return Path.IDLE, ""
    if relay := text_of(found.get("PeerRelay")):
        return Path.PEER_RELAY, relay
    return (Path.DERP, relay) if (relay := text_of(found.get("Relay"))) else (Path.IDLE, "")


def _backend(value: object) -> Backend:
    return next((one for one in Backend if one == value), Backend.UNKNOWN)


def _web_address(value: object) -> str:
    text = text_of(value)
    return text if text.startswith(("https://", "http://")) else ""
