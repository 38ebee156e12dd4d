"""The networks of this machine's own network cards."""

from __future__ import annotations

import ipaddress
import socket

import psutil


def own_networks() -> dict[str, str]:
    """Each address of this machine with its network: `{"192.168.1.7": "192.168.1.0/24"}`. Loopback is left out."""
    found: dict[str, str] = {}
    for cards in psutil.net_if_addrs().values():
        for card in cards:
            if card.family not in {socket.AF_INET, socket.AF_INET6} or not card.netmask:
                continue
            try:
                address = ipaddress.ip_interface(f"{card.address.partition('%')[0]}/{_length(card.netmask)}")
            except ValueError:
                continue
            if not address.ip.is_loopback and not address.ip.is_link_local:
                found[str(address.ip)] = str(address.network)
    return found


def _length(netmask: str) -> str:
    """A prefix length for IPv6, whose netmask is written like an address; IPv4 reads its own."""
    if ":" not in netmask:
        return netmask
    return str(int(ipaddress.IPv6Address(netmask)).bit_count())
