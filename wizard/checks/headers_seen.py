"""What the `headers` check sees: what arrived at our echo, what Caddy told it, and the media server's own word."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from wizard.core.echo import SEEN_BY_CADDY
from wizard.core.faults import Fault
from wizard.core.shapes import learn
from wizard.net.exchange import HttpAnswer

# what Caddy tells our echo about what it saw itself, as it stands in its configuration
PEER, ARRIVED, CLIENT = SEEN_BY_CADDY


@dataclass(frozen=True, slots=True)
class Echoed:
    """What our echo says that arrived: the very headers that the media server would get."""

    mark: str = ""
    peer: str = ""
    scheme: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str | None:
        """One header as it arrived, several lines joined with a comma; None when there is none."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ",".join(found) if found else None


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a request as it is planned: names of hops, viewer first, and what Caddy does with the address."""

    hops: tuple[str, ...]
    media: str
    forwards: bool
    trusts: bool  # Caddy believes the hop in front about the viewer's address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What Jellyfin or Emby says about whoever asks (`/System/Endpoint`): in its own network, or not."""

    status: int = 0
    is_in_network: bool | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer of the echo, and our own address on the connection that asked.

    `ipv6` are public IPv6 addresses of the external domain. `endpoint` is None where the server was not asked.
    """

    status: int = 0
    server: str = ""
    via: str = ""
    echoed: Echoed | None = None
    local_address: str = ""
    peer_address: str = ""
    fault: Fault | None = None
    detail: str = field(default="")
    way: Way | None = None
    ipv6: tuple[str, ...] = ()
    endpoint: Endpoint | None = None


def read_echoed(body: str) -> Echoed | None:
    """The echo's answer; None for anything else."""
    try:
        return msgspec.json.decode(body.encode(), type=Echoed)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


class _Told(msgspec.Struct):
    is_in_network: bool | None = msgspec.field(name="IsInNetwork", default=None)


learn(Echoed, _Told)


def read_endpoint(answer: HttpAnswer) -> Endpoint:
    """The server's word; keys are in PascalCase unless another profile is asked for."""
    try:
        told = msgspec.json.decode(answer.body.encode(), type=_Told) if answer.status == 200 else _Told()
    except (msgspec.DecodeError, msgspec.ValidationError):
        told = _Told()
    return Endpoint(answer.status, told.is_in_network, answer.fault)
