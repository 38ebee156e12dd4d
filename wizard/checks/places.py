"""Where the public side of a proxy host is: its address, and whether it can be looked at now."""

from __future__ import annotations

from wizard.core.addresses import Kind, is_documentation, kind_of, parse_address
from wizard.core.checks import Scene, Skip
from wizard.core.hosts import HTTPS_PORT

PAUSED = Skip("This proxy host is paused")


def public_port(scene: Scene) -> int:
    """The port that a viewer dials."""
    return scene.host.public_port(scene.edge)


def is_public(text: str) -> bool:
    """True for an address on the internet; those set aside for documentation stand for public ones."""
    address = parse_address(text)
    return address is not None and (kind_of(address) is Kind.PUBLIC or is_documentation(address))


def may_hide(address: str, method: str, own_addresses: tuple[str, ...]) -> bool:
    """Whether silence at this address may be the doing of the router that this machine is behind.

    Many routers do not lead from inside back in through their own public address. IPv6 knows no such detour, and
    any other way in than port forwarding does not begin at that router.
    """
    known = tuple(one for one in own_addresses if ":" not in one)
    return method == "direct" and is_public(address) and ":" not in address and (not known or address in known)


def authority(domain: str, port: int) -> str:
    """`plex.example.com`, with the port when it is not 443."""
    return domain if port == HTTPS_PORT else f"{domain}:{port}"
