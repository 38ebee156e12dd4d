"""This machine's interfaces and its way out, as the kernel knows them. Nothing is sent."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from wizard.core.addresses import parse_address
from wizard.core.connection import Interface, Machine, Outward
from wizard.core.lasting import Own6, read_if_inet6
from wizard.core.nat_view import OVERLAYS

SOMEWHERE_4, SOMEWHERE_6 = "1.1.1.1", "2606:4700:4700::1111"
_ARPHRD_NONE = "65534"  # tun and WireGuard devices; PPP has another number
_IN_CONTAINER = ("/.dockerenv", "/run/.containerenv")
# where Docker (172.17 to 172.31) and Podman make their networks unless told otherwise
_ENGINES = tuple(ipaddress.ip_network(text) for text in ("172.16.0.0/12", "10.88.0.0/16", "10.0.2.0/24"))
_HOSTS_BRIDGES = ("docker", "br-", "podman", "cni", "virbr")


@dataclass(frozen=True, slots=True)
class Kernel:
    """Where the kernel's tables are read, and towards which addresses the way out is looked up."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    container_marks: tuple[str, ...] = _IN_CONTAINER
    somewhere_4: str = SOMEWHERE_4
    somewhere_6: str = SOMEWHERE_6


def look_at_machine(kernel: Kernel) -> Machine:
    """Interfaces with addresses, the way out of each family, and whether this is a container behind a bridge."""
    interfaces = tuple(_interfaces(kernel))
    four = _outward(interfaces, socket.AF_INET, kernel.somewhere_4, _gateways_4(kernel))
    six = _outward(interfaces, socket.AF_INET6, kernel.somewhere_6, _gateways_6(kernel))
    return Machine(interfaces, four, six, _is_bridged(kernel, interfaces, four.gateways))


def addresses_around(kernel: Kernel) -> tuple[str, ...]:
    """IPv4 and IPv6 addresses of this machine's own networks, overlays left out, and its IPv4 gateways."""
    own = [one for one in _interfaces(kernel) if not one.is_tunnel and not one.name.startswith(OVERLAYS)]
    return (*(address for one in own for address in one.addresses), *_gateways_4(kernel))


def own_six(kernel: Kernel = Kernel()) -> tuple[Own6, ...]:
    """The IPv6 addresses of this machine that the internet routes, those that last first."""
    return read_if_inet6(_read(kernel.proc / "net/if_inet6"))


def is_bridged(kernel: Kernel) -> bool:
    """Whether this is a container behind a bridge, without looking for a way out."""
    return _is_bridged(kernel, tuple(_interfaces(kernel)), _gateways_4(kernel))


def _interfaces(kernel: Kernel) -> Iterator[Interface]:
    for name, entries in sorted(psutil.net_if_addrs().items()):
        if name == "lo":
            continue
        addresses = [str(a) for entry in entries if (a := parse_address(str(entry.address))) and not a.is_link_local]
        kind = _read(kernel.sys / "class/net" / name / "type").strip()
        yield Interface(name, tuple(dict.fromkeys(addresses)), is_tunnel=kind == _ARPHRD_NONE)


def _outward(
    interfaces: tuple[Interface, ...], family: socket.AddressFamily, somewhere: str, gateways: tuple[str, ...]
) -> Outward:
    """Ask the kernel, policy rules included, by connecting a UDP socket: that sends nothing."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((somewhere, 9))
            own = str(parse_address(sock.getsockname()[0]) or "")
    except OSError:
        return Outward(gateways=gateways)
    name = next((one.name for one in interfaces if own in one.addresses), "")
    return Outward(own, name, gateways)


def _gateways_4(kernel: Kernel) -> tuple[str, ...]:
    """The gateways of the default routes, best first; /proc/net/route has addresses as little-endian hexadecimal."""
    found: list[tuple[int, str]] = []
    for line in _read(kernel.proc / "net/route").splitlines()[1:]:
        parts = line.split()
        with contextlib.suppress(IndexError, ValueError):
            if parts[1] == "00000000" and parts[7] == "00000000" and parts[2] != "00000000":
                gateway = ipaddress.IPv4Address(int(parts[2], 16).to_bytes(4, "little"))
                found.append((int(parts[6]), str(gateway)))
    return tuple(dict.fromkeys(gateway for _, gateway in sorted(found)))


def _gateways_6(kernel: Kernel) -> tuple[str, ...]:
    """The same for IPv6: destination, prefix length, source, prefix length, gateway, metric …, all hexadecimal."""
    found: list[tuple[int, str]] = []
    for line in _read(kernel.proc / "net/ipv6_route").splitlines():
        parts = line.split()
        with contextlib.suppress(IndexError, ValueError):
            if parts[1] == "00" and int(parts[0], 16) == 0 and int(parts[4], 16):
                found.append((int(parts[5], 16), str(ipaddress.IPv6Address(int(parts[4], 16)))))
    return tuple(dict.fromkeys(gateway for _, gateway in sorted(found)))


def _is_bridged(kernel: Kernel, interfaces: tuple[Interface, ...], gateways: tuple[str, ...]) -> bool:
    """In a container of its own network. One that shares its host's sees the host's bridges, or another gateway."""
    is_container = any(Path(mark).exists() for mark in kernel.container_marks)
    is_engines = any(ipaddress.ip_address(gateway) in network for gateway in gateways for network in _ENGINES)
    return is_container and is_engines and not any(one.name.startswith(_HOSTS_BRIDGES) for one in interfaces)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
