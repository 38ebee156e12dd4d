"""Real WireGuard between two nodes, in user space (Debian's `wireguard-go`): test machines' kernels often have none.

`wg` finds an interface by a socket in the file system, which namespaces share: so every one has a name of its own.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.lab.world import LabError, Node, call
from tests.processes import wait_until

VPS_INSIDE = "10.9.0.1"
HOME_INSIDE = "10.9.0.2"
PORT = 51820


_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Keys:
    """A key pair in WireGuard's spelling."""

    private: str
    public: str


def make_keys() -> Keys:
    """A fresh pair, made by `wg` itself."""
    private = call("wg", "genkey").strip()
    return Keys(private, call("wg", "pubkey", text=private).strip())


def bring_up(node: Node, configuration: str, address: str, mtu: int = 1420) -> str:
    """An interface from the text of a `wg` configuration, which knows keys and peers but no addresses; its name."""
    interface = f"wg{os.getpid()}n{next(_numbers)}"
    folder = Path(tempfile.mkdtemp(prefix="porthole-lab-"))
    path = folder / "wg.conf"
    path.touch(0o600)
    path.write_text(configuration)
    node.start("wireguard-go", "--foreground", interface, log=folder / "wireguard-go.log")
    wait_until(lambda: _is_there(node, interface), f"wireguard-go made {interface}")
    node.run("wg", "setconf", interface, str(path))
    node.address(interface, address)
    node.ip("link", "set", interface, "mtu", str(mtu), "up")
    return interface


def _is_there(node: Node, interface: str) -> bool:
    try:
        node.run("wg", "show", interface)
    except LabError:
        return False
    return True


def join_wireguard(vps: Node, home: Node, endpoint: str, *, everything: bool = False) -> tuple[str, str]:
    """A tunnel that home dials; gives the names of its two ends, that on the VPS first.

    With `everything` home sends all its traffic through it, as VPN services do.
    """
    here, there = make_keys(), make_keys()
    allowed = "0.0.0.0/0" if everything else f"{VPS_INSIDE}/32"
    there_name = bring_up(
        vps,
        f"[Interface]\nPrivateKey = {there.private}\nListenPort = {PORT}\n"
        f"[Peer]\nPublicKey = {here.public}\nAllowedIPs = {HOME_INSIDE}/32\n",
        f"{VPS_INSIDE}/24",
    )
    here_name = bring_up(
        home,
        f"[Interface]\nPrivateKey = {here.private}\n"
        f"[Peer]\nPublicKey = {there.public}\nAllowedIPs = {allowed}\n"
        f"Endpoint = {endpoint}:{PORT}\nPersistentKeepalive = 5\n",
        f"{HOME_INSIDE}/24",
    )
    if everything:
        # the two halves win over the default route without replacing it, as wg-quick and most VPN programs do
        gateway = home.ip("-4", "route", "show", "default").split()[2]
        home.route(f"{endpoint}/32", gateway)
        for half in ("0.0.0.0/1", "128.0.0.0/1"):
            home.ip("route", "add", half, "dev", here_name)
    wait_until(lambda: home.reaches(VPS_INSIDE), "the tunnel carries a packet")
    return there_name, here_name
