"""What is asked about a connection, and with whose leave. A value; knows no protocol."""

from __future__ import annotations

from dataclasses import dataclass, field

from wizard.core.connection import Place
from wizard.net import portmap, ssdp
from wizard.net.machine import Kernel

SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Ask:
    """STUN servers (`host:port`) and address services (URLs); empty: not asked. `pcp` only when the owner allowed it.

    `tailnet` are addresses of this machine that tailscaled names. `seconds` bounds the whole. `gateways` come in
    place of the kernel's; they, the ports, the group and the kernel are other ones only in tests.
    """

    stun: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    pcp: bool = False
    place: Place = Place.UNKNOWN
    tailnet: tuple[str, ...] = ()
    seconds: float = SECONDS
    gateways: tuple[str, ...] = ()
    portmap_port: int = portmap.PORT
    ssdp_group: str = ssdp.GROUP
    ssdp_port: int = ssdp.PORT
    page_port: int = 80
    roots_pem: str = ""
    kernel: Kernel = field(default=Kernel())
