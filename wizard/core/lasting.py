"""Which IPv6 addresses of a machine may stand in DNS: the lasting ones, not those that change every day. Pure.

Privacy addresses (RFC 8981) are made anew about once a day; routes back to yesterday's end within a week.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from wizard.core.addresses import is_routed

# IFA_F_TEMPORARY, _DADFAILED, _DEPRECATED and _TENTATIVE of linux/if_addr.h
_TEMPORARY, _FAILED, _OLD, _TENTATIVE = 0x01, 0x08, 0x20, 0x40


@dataclass(frozen=True, slots=True)
class Own6:
    """An IPv6 address of this machine that the internet routes."""

    address: str
    interface: str
    is_temporary: bool = False
    is_ending: bool = False

    @property
    def is_lasting(self) -> bool:
        """True when it may stand in DNS."""
        return not (self.is_temporary or self.is_ending)


def read_if_inet6(text: str) -> tuple[Own6, ...]:
    """The routed addresses in the text of Linux's /proc/net/if_inet6, the lasting ones first.

    A line is address, index, prefix length, scope, flags (all hexadecimal), interface (proc_net(5)). Lines of another
    form are passed over, and addresses that are not usable yet.
    """
    found = []
    for line in text.splitlines():
        part = line.split()
        try:
            address, flags = ipaddress.IPv6Address(int(part[0], 16)), int(part[4], 16)
            interface = part[5]
        except (IndexError, ValueError):
            continue
        if is_routed(address) and not flags & (_FAILED | _TENTATIVE):
            found.append(Own6(str(address), interface, bool(flags & _TEMPORARY), bool(flags & _OLD)))
    return tuple(sorted(found, key=lambda one: not one.is_lasting))


def best(found: Iterable[Own6], interface: str = "") -> str:
    """The one to publish: lasting, on the interface that leads out where that is known; empty when there is none."""
    lasting = [one for one in found if one.is_lasting]
    return next((one.address for one in lasting if one.interface == interface), lasting[0].address if lasting else "")
