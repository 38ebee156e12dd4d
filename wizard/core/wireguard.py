"""A WireGuard tunnel between home and a VPS: what was typed, the keys of both ends, and the files they make. Pure.

Home dials, because nobody can dial to it behind CGNAT: its file has the endpoint and the keepalive, that of the VPS
has neither (wg(8), wg-quick(8)). `AllowedIPs` is route and source filter in one, so both sides allow the other's /32.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from wizard.core.addresses import is_routed, parse_address
from wizard.core.refusal import Refusal

INTERFACE = "porthole"  # of the file and the interface: wg0 may be taken already
FILE = f"/etc/wireguard/{INTERFACE}.conf"
PORT, NETWORK = 51820, "10.9.0.0/24"
KEEPALIVE_SECONDS = 25  # what wg(8) suggests behind NAT
ADMIN_PORT = 2019  # of Caddy, unless told otherwise
SMALL_MTU = 1280  # the least that IPv6 allows: passes DS-Lite, PPPoE and mobile networks
_NAME = re.compile(r"(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]")
_PRIVATE = tuple(ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


class End(StrEnum):
    """The two ends of the tunnel."""

    VPS = "vps"
    HOME = "home"

    @property
    def other(self) -> End:
        """The far one."""
        return End.HOME if self is End.VPS else End.VPS


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What was typed. `vps` is the public address or name that home dials; `porthole` the end where Porthole runs.

    `mtu` 0 leaves it to wg-quick, which takes it from the route: 1420 on most lines.
    """

    vps: str
    port: int = PORT
    network: str = NETWORK
    mtu: int = 0
    porthole: End = End.VPS

    def address(self, end: End) -> str:
        """The address of an end inside the tunnel."""
        return str(ipaddress.IPv4Network(self.network)[1 if end is End.VPS else 2])

    @property
    def endpoint(self) -> str:
        """What home dials, with brackets around IPv6."""
        return f"[{self.vps}]:{self.port}" if ":" in self.vps else f"{self.vps}:{self.port}"

    @property
    def values(self) -> dict[str, str | int]:
        """As it is kept."""
        return {
            "vps": self.vps,
            "port": self.port,
            "network": self.network,
            "mtu": self.mtu,
            "porthole": self.porthole.value,
        }


@dataclass(frozen=True, slots=True)
class Keys:
    """The pairs of both ends and the key they share on top, in WireGuard's base64."""

    home_private: str = field(repr=False)
    home_public: str
    vps_private: str = field(repr=False)
    vps_public: str
    shared: str = field(repr=False)

    def private(self, end: End) -> str:
        """The private key of an end."""
        return self.vps_private if end is End.VPS else self.home_private

    def public(self, end: End) -> str:
        """The public key of an end."""
        return self.vps_public if end is End.VPS else self.home_public


def tunnel_of(values: Mapping[str, object]) -> Tunnel | None:
    """The tunnel that was kept; None when nothing was set up."""
    vps = str(values.get("vps", ""))
    if not vps:
        return None
    return Tunnel(
        vps,
        int(str(values.get("port", PORT))),
        str(values.get("network", NETWORK)),
        int(str(values.get("mtu", 0))),
        End(str(values.get("porthole", End.VPS))),
    )


def read_tunnel(
    typed: Mapping[str, str], in_use: Mapping[str, str] = MappingProxyType({})
) -> Tunnel | dict[str, str]:
    """The tunnel that was typed, or a sentence for each field that does not hold.

    `in_use` are this side's addresses with their networks: the tunnel must share none but its own.
    """
    refused: dict[str, str] = {}
    vps = _read_vps(typed.get("vps", ""))
    if isinstance(vps, Refusal):
        refused["vps"] = vps.message
    port = typed.get("port", "").strip()
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        refused["port"] = f"Port must be a number from 1 to 65535, usually {PORT}"
    network = _read_network(typed.get("network", ""), in_use)
    if isinstance(network, Refusal):
        refused["network"] = network.message
    if typed.get("porthole") not in set(End):
        refused["porthole"] = "Choose where Porthole runs"
    if refused or isinstance(vps, Refusal) or isinstance(network, Refusal):
        return refused
    mtu = SMALL_MTU if typed.get("mtu") == str(SMALL_MTU) else 0
    return Tunnel(vps, int(port), network, mtu, End(typed["porthole"]))


def _read_vps(text: str) -> str | Refusal:
    text = text.strip().strip("[]")
    address = parse_address(text)
    if address is not None and is_routed(address):
        return str(address)
    if address is not None:
        return Refusal(f"{address} is not a public address. Enter the one that the company shows for your VPS")
    return text.lower() if _NAME.fullmatch(text) else Refusal("Enter the public IP address or the name of the VPS")


def _read_network(text: str, in_use: Mapping[str, str]) -> str | Refusal:
    try:
        network = ipaddress.IPv4Network(text.strip(), strict=True)
    except ValueError:
        return Refusal(f"Enter a private network such as {NETWORK}")
    if not any(network.subnet_of(private) for private in _PRIVATE):
        return Refusal(f"{network} is not a private network. Take one such as {NETWORK}")
    if network.prefixlen > 30:
        return Refusal(f"{network} has no room for two machines. Take one such as {NETWORK}")
    own = {str(network[1]), str(network[2])}
    for address, other in in_use.items():
        if address not in own and ":" not in other and network.overlaps(ipaddress.IPv4Network(other)):
            return Refusal(f"{address} of this side lies in {other}. Take another network, such as 10.77.0.0/24")
    return str(network)


def configuration(tunnel: Tunnel, keys: Keys, end: End) -> str:
    """The file of an end, for wg-quick and for WireGuard's apps."""
    lines = ["[Interface]", f"PrivateKey = {keys.private(end)}"]
    if end is End.VPS:
        prefix = ipaddress.IPv4Network(tunnel.network).prefixlen
        lines += [f"Address = {tunnel.address(end)}/{prefix}", f"ListenPort = {tunnel.port}"]
    else:
        lines += [f"Address = {tunnel.address(end)}/32"]
    if tunnel.mtu:
        lines += [f"MTU = {tunnel.mtu}"]
    lines += ["", "[Peer]", f"PublicKey = {keys.public(end.other)}", f"PresharedKey = {keys.shared}"]
    lines += [f"AllowedIPs = {tunnel.address(end.other)}/32"]
    if end is End.HOME:
        lines += [f"Endpoint = {tunnel.endpoint}", f"PersistentKeepalive = {KEEPALIVE_SECONDS}"]
    return "\n".join(lines) + "\n"


def masked(text: str) -> str:
    """A file for the screen: its secret keys are dots."""
    return re.sub(r"(?m)^((?:PrivateKey|PresharedKey) = ).+$", r"\1••••••••", text)


def commands() -> str:
    """What brings an end up, on Debian and Ubuntu: the file is pasted into the editor that the third line opens."""
    lines = [
        "sudo apt install wireguard",
        f"sudo install -m 600 /dev/null {FILE}",
        f"sudoedit {FILE}",
        f"sudo systemctl enable --now wg-quick@{INTERFACE}",
    ]
    return "\n".join(lines) + "\n"


def firewall(tunnel: Tunnel, end: End, echo_port: int) -> str:
    """What the firewall of an end must let in, as ufw spells it; empty when nothing comes in there.

    `echo_port` is Porthole's own, which a Caddy on the VPS asks while Porthole runs at home.
    """
    inside = f"sudo ufw allow in on {INTERFACE} to any port"
    lines = [f"sudo ufw allow {tunnel.port}/udp", "sudo ufw allow 80,443/tcp"] if end is End.VPS else []
    if tunnel.porthole is End.HOME:
        lines.append(f"{inside} {ADMIN_PORT if end is End.VPS else echo_port} proto tcp")
    return "".join(f"{line}\n" for line in lines)


def admin_configuration(tunnel: Tunnel) -> str:
    """The whole configuration with which a Caddy on the VPS starts: its admin API inside the tunnel, nothing else."""
    return f'{{"admin": {{"listen": "{tunnel.address(End.VPS)}:{ADMIN_PORT}"}}}}\n'
