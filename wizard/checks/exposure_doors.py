"""Looking for Caddy's admin API at the addresses of the external domain, part of the `exposure` check."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import msgspec

from wizard.core.addresses import Kind, is_documentation, kind_of, parse_address
from wizard.core.faults import Fault
from wizard.net.door import Net
from wizard.net.exchange import HttpAnswer, address_host

_SECONDS = 3.0
_MOST_BYTES = 16 * 1024
# lists what Caddy leads to and changes nothing; the configuration itself may hold secrets and is not asked for
_PATH = "/reverse_proxy/upstreams"


@dataclass(frozen=True, slots=True)
class Door:
    """One address and port. `is_admin` says that what answered speaks as Caddy's admin API does."""

    address: str
    port: int
    is_admin: bool = False
    status: int = 0
    local_address: str = ""
    fault: Fault | None = None
    detail: str = ""

    @property
    def place(self) -> str:
        """`203.0.113.9:2019`."""
        return address_host(self.address, self.port)

    @property
    def kind(self) -> Kind:
        """The kind of network; examples from documentation count as public."""
        address = parse_address(self.address)
        if address is None:
            return Kind.OTHER
        return Kind.PUBLIC if is_documentation(address) else kind_of(address)


def at_doors(net: Net, addresses: tuple[str, ...], ports: tuple[int, ...]) -> tuple[Door, ...]:
    """Knock at every port of every address, all at once."""
    places = [(address, port) for address in addresses for port in ports]
    if not places:
        return ()
    with ThreadPoolExecutor(len(places)) as pool:
        return tuple(pool.map(lambda place: _knock(net, *place), places))


def _knock(net: Net, address: str, port: int) -> Door:
    url = f"http://{address_host(address, port)}{_PATH}"
    answer = net.get(url, max_bytes=_MOST_BYTES, seconds=_SECONDS)
    return Door(address, port, is_admin(answer), answer.status, answer.local_address, answer.fault, answer.detail)


def is_admin(answer: HttpAnswer) -> bool:
    """Whether an answer is one of Caddy's admin API: a list of upstreams, or its own words for a wrong Host.

    It names no server (measured on Caddy 2.11.7). Either way whoever asks with the right Host may give orders.
    """
    if answer.status not in {200, 403} or answer.header("server") or "json" not in answer.header("content-type"):
        return False
    try:
        said = msgspec.json.decode(answer.body.encode())
    except msgspec.DecodeError:
        return False
    return isinstance(said, list) if answer.status == 200 else isinstance(said, dict) and set(said) == {"error"}
