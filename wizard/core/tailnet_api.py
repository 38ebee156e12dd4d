"""What Tailscale's control API says of the machines of a tailnet, as values. Pure and lenient: no JSON raises here.

Field names of its OpenAPI description and of its Go client (`Device`): any may be missing, any list may be null.
Never holds a credential except in `Credential`, which is never stored as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from wizard.core.addresses import is_routed, parse_address
from wizard.core.lenient import mapping, moment, name_of, text_of, texts, told
from wizard.core.refusal import Refusal
from wizard.core.tailnet import Backend, Machine, Path, Tailnet

KEY = "tailscale-api"
"""The name under which the credential and what was read are kept."""
MOST_DEVICES = 1000
FRESH = timedelta(days=1)
"""How long what was read counts when nothing newer can be read."""
_JUST_SEEN = timedelta(minutes=10)
_LONGEST_SECRET = 300
_EXIT_ROUTES = frozenset({"0.0.0.0/0", "::/0"})


class Kind(StrEnum):
    """The two forms of a credential."""

    OAUTH = "oauth"
    ACCESS = "access"


class ApiTrouble(StrEnum):
    """Why the list of machines could not be read."""

    REFUSED = "refused"
    NOT_ALLOWED = "not-allowed"
    RATE_LIMITED = "rate-limited"
    UNREACHABLE = "unreachable"
    TOO_SLOW = "too-slow"
    DOWN = "down"
    NOT_UNDERSTOOD = "not-understood"
    NOT_SAFE = "not-safe"  # the address is plain http, so nothing secret was sent
    NOT_OPENED = "not-opened"  # the vault has another key than when the secret was sealed


@dataclass(frozen=True, slots=True)
class Credential:
    """What the API is asked with: an access token, or an OAuth client with its secret."""

    kind: Kind
    secret: str = field(repr=False)
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """One machine as the API describes it. None stands for "was not said".

    `expires_at` is None when its key does not expire. `varies`: its translator gives it another port for every
    destination. `region` is the relay that it prefers. `endpoints` are where it listens for WireGuard.
    """

    name: str
    dns_name: str = ""
    addresses: tuple[str, ...] = ()
    os: str = ""
    user: str = ""
    tags: tuple[str, ...] = ()
    is_online: bool | None = None
    last_seen_at: datetime | None = None
    is_authorized: bool | None = None
    is_external: bool = False
    expires_at: datetime | None = None
    has_update: bool = False
    blocks_incoming: bool = False
    advertised: tuple[str, ...] = ()
    enabled: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    varies: bool | None = None
    udp: bool | None = None
    region: str = ""
    region_milliseconds: float | None = None

    @property
    def label(self) -> str:
        """What people call it: its name in the admin console."""
        first = self.addresses[0] if self.addresses else "a machine without a name"
        return self.dns_name.partition(".")[0] or self.name or first

    @property
    def pending(self) -> tuple[str, ...]:
        """Subnet routes that it offers and that nobody approved. An exit node is no subnet route."""
        return tuple(one for one in self.advertised if one not in self.enabled and one not in _EXIT_ROUTES)

    def has(self, text: str) -> bool:
        """Whether `text` is its MagicDNS name or one of its addresses."""
        return bool(text) and text.lower().rstrip(".") in {
            one.lower() for one in (self.dns_name, *self.addresses) if one
        }

    def is_named(self, text: str) -> bool:
        """Whether `text` is a name that another machine may have as well."""
        return bool(text) and text.lower() in {one.lower() for one in (self.name, self.label) if one}


@dataclass(frozen=True, slots=True)
class Told:
    """What was read last. `trouble` is that of the newest try; the machines are those of the last one that worked.

    `at` is when they were read, None when they never were. Nothing is asked again for `wait_seconds`.
    """

    tried_at: datetime
    trouble: ApiTrouble | None = None
    detail: str = ""
    wait_seconds: int = 0
    at: datetime | None = None
    devices: tuple[Device, ...] = ()
    more: int = 0

    def counts(self, now: datetime) -> bool:
        """Whether the machines are new enough to draw conclusions from."""
        return self.at is not None and now - self.at < FRESH

    @property
    def may_ask_at(self) -> datetime:
        """From when the API may be asked again."""
        return self.tried_at + timedelta(seconds=self.wait_seconds)

    def device(self, text: str) -> Device | None:
        """The machine with this address or full name, or the only one with this short name."""
        exact = next((one for one in self.devices if one.has(text)), None)
        named = [one for one in self.devices if one.is_named(text)]
        return exact or (named[0] if len(named) == 1 else None)

    def home_of(self, text: str) -> str:
        """A public IPv4 address at which that machine listens: that of its home. Empty when it named none."""
        device = self.device(text)
        parsed = (parse_address(one.rpartition(":")[0]) for one in (device.endpoints if device else ()))
        return next((str(one) for one in parsed if one is not None and one.version == 4 and is_routed(one)), "")


def read_devices(document: object, at: datetime) -> Told | None:
    """A list of machines; None for what is none. A list that is null has no machines."""
    if not isinstance(document, dict) or "devices" not in document:
        return None
    listed = document["devices"]
    if listed is not None and not isinstance(listed, list):
        return None
    found = [_device(one, at) for one in listed or () if isinstance(one, dict)]
    return Told(at, at=at, devices=tuple(found[:MOST_DEVICES]), more=max(len(found) - MOST_DEVICES, 0))


def after(before: Told | None, new: Told) -> Told:
    """What is known after one more try: a failed one keeps the machines of the last that worked."""
    if new.trouble is None or before is None:
        return new
    return replace(new, at=before.at, devices=before.devices, more=before.more)


def as_tailnet(read: Told | None, now: datetime) -> Tailnet:
    """The machines as peers, for who looks for media servers where tailscaled cannot be asked."""
    devices = read.devices if read is not None and read.counts(now) else ()
    peers = tuple(as_machine(one, now) for one in devices if one.is_authorized is not False)
    return Tailnet(now, backend=Backend.RUNNING, peers=peers)


def as_machine(device: Device, at: datetime) -> Machine:
    """One machine as tailscaled would describe it; nothing is known about the path."""
    return Machine(
        device.label,
        device.dns_name,
        device.addresses,
        device.os,
        device.is_online is True,
        device.expires_at is not None and device.expires_at <= at,
        device.expires_at,
        device.last_seen_at,
        Path.IDLE if device.is_online else Path.OFFLINE,
    )


def read_secret(kind: Kind, text: str) -> str | Refusal:
    """A secret as it was pasted; the sentence says which other key of Tailscale it is."""
    secret = text.strip()
    wanted = "client secret" if kind is Kind.OAUTH else "access token"
    for prefix, what in _PREFIXES.items():
        if secret.startswith(prefix) and what != wanted:
            other = "" if what == _AUTH_KEY else ", or choose the other form"
            return Refusal(f"That is {_A[what]} {what}. Enter the {wanted}{other}")
    if not secret:
        return Refusal(f"Enter the {wanted}")
    if not _is_word(secret):
        return Refusal(f"The {wanted} is one word of letters, digits and dashes. Copy it once more")
    return secret


def read_client_id(text: str) -> str | Refusal:
    """The ID of an OAuth client as it was pasted."""
    found = text.strip()
    if found.startswith("tskey-"):
        return Refusal("That is a secret. The client ID stands beside it and does not begin with tskey-")
    return found if _is_word(found) else Refusal("Enter the client ID")


_AUTH_KEY = "auth key"  # adds machines, and reads nothing
# prefixes by Tailscale's description of its API
_PREFIXES = {"tskey-api-": "access token", "tskey-client-": "client secret", "tskey-auth-": _AUTH_KEY}
_A = {"access token": "an", "client secret": "a", _AUTH_KEY: "an"}


def _is_word(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_SECRET and text.isascii() and text.isprintable() and " " not in text


def _device(found: dict[str, object], at: datetime) -> Device:
    seen, connectivity = moment(found.get("lastSeen")), mapping(found.get("clientConnectivity"))
    is_online = told(found.get("connectedToControl"))
    if is_online is None and seen is not None:
        is_online = at - seen < _JUST_SEEN
    region, milliseconds = _region(connectivity)
    return Device(
        text_of(found.get("hostname")),
        name_of(found.get("name")),
        tuple(str(address) for one in texts(found.get("addresses")) if (address := parse_address(one))),
        text_of(found.get("os")),
        text_of(found.get("user")),
        texts(found.get("tags")),
        is_online,
        seen,
        told(found.get("authorized")),
        found.get("isExternal") is True,
        _expires(found),
        found.get("updateAvailable") is True,
        found.get("blocksIncomingConnections") is True,
        # the Go client reads this one with a capital; its JSON takes either
        texts(found.get("advertisedRoutes")) or texts(found.get("AdvertisedRoutes")),
        texts(found.get("enabledRoutes")),
        texts(connectivity.get("endpoints")),
        told(connectivity.get("mappingVariesByDestIP")),
        told(mapping(connectivity.get("clientSupports")).get("udp")),
        region,
        milliseconds,
    )


def _expires(found: dict[str, object]) -> datetime | None:
    """A disabled expiry leaves its date behind. Machines with a tag have none unless it is said that they do."""
    is_disabled = told(found.get("keyExpiryDisabled"))
    if is_disabled or found.get("isExternal") is True or (is_disabled is None and texts(found.get("tags"))):
        return None
    return moment(found.get("expires"))


def _region(connectivity: dict[str, object]) -> tuple[str, float | None]:
    """The relay that it prefers, and how far away that is; the map is by the relay's name."""
    for name, latency in _latencies(connectivity):
        if latency.get("preferred") is True:
            value = latency.get("latencyMs")
            is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 60_000
            return text_of(name), float(str(value)) if is_number else None
    return text_of(connectivity.get("derp")), None


def _latencies(connectivity: dict[str, object]) -> Iterator[tuple[object, dict[str, object]]]:
    for name, latency in mapping(connectivity.get("latency")).items():
        yield name, mapping(latency)
