"""A tailnet in the lab: the stand-in of tailscaled on each machine, real WireGuard for what passes between them.

Who signs in gets the next 100.x address. All lines lead to the one machine with a public address: two others reach
each other through it, as over a relay. What a daemon says of a path is what WireGuard and a packet show.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.fakes import tailscaled
from tests.fakes.tailscaled import Document, Tailscaled, machine, status
from tests.lab.terminal import Terminal
from tests.lab.tunnels import Keys, bring_up, make_keys
from tests.lab.world import Node
from tests.processes import wait_until

PORT = 41641
SUBNET = "100.101.1.0/24"
_LOGGED_OUT = tailscaled.LOGGED_OUT
_FIRST = 9  # the stand-in gives number 9 the address 100.101.1.10


class _Daemon(Tailscaled):
    """A daemon whose pings are answered only where a packet gets through."""

    member: Member

    def ping(self, address: str) -> Document:
        pong = super().ping(address)
        if pong["Err"]:
            return pong
        if not self.member.node.reaches(address):
            return {**pong, "Err": "timeout"}
        direct = self.member.endpoint_of(address)
        return {**pong, "Endpoint": direct} if pong["Endpoint"] and direct else _relayed(pong)


def _relayed(pong: Document) -> Document:
    return {**pong, "Endpoint": "", "DERPRegionID": 4, "DERPRegionCode": "fra"}


@dataclass(eq=False)
class Member:
    """One machine of the tailnet, or one that wants to be."""

    tailnet: Tailnet
    name: str
    terminal: Terminal
    daemon: _Daemon
    keys: Keys = field(default_factory=make_keys)
    number: int = 0
    interface: str = ""

    @property
    def node(self) -> Node:
        """Where it stands."""
        return self.terminal.node

    @property
    def address(self) -> str:
        """Its 100.x address, once it has signed in."""
        return str(ipaddress.ip_network(SUBNET)[self.number % 250 + 1])

    def endpoint_of(self, address: str) -> str:
        """The outside address and port of a machine with a line of its own to this one, "" through another one."""
        other = self.tailnet.at(address)
        for line in self.node.run("wg", "show", self.interface, "endpoints").splitlines():
            key, _, endpoint = line.partition("\t")
            if other is not None and key == other.keys.public and endpoint != "(none)":
                return endpoint
        return ""

    def knows(self, **changes: Any) -> None:
        """Change fields of the machine itself, as the control server would."""
        self.daemon.document = {**self.daemon.document, "Self": {**(self.daemon.document["Self"] or {}), **changes}}
        self.tailnet.tell()


class Tailnet:
    """All members. `hub` is the public address of the machine that the others dial."""

    def __init__(self, hub: str) -> None:
        self._hub_address = hub
        self.members: dict[str, Member] = {}

    def install(self, name: str, terminal: Terminal) -> Member:
        """What Tailscale's installer leaves behind: the command, and a daemon that nobody has signed in."""
        folder = terminal.run_folder / "tailscale"
        folder.mkdir(exist_ok=True)
        daemon = _Daemon(folder / "tailscaled.sock", _LOGGED_OUT, may_write=True, direct_after=2)
        self.members[name] = daemon.member = Member(self, name, terminal, daemon)
        daemon.__enter__()
        terminal.add_module("tailscale", "tests.fakes.tailscale_cli")
        return daemon.member

    def sign_in(self, name: str) -> None:
        """What happens when its owner opens the link and signs in."""
        member = self.members[name]
        member.number = _FIRST + sum(one.number > 0 for one in self.members.values())
        self._connect(member)
        member.knows(**machine(member.number, name))

    def at(self, address: str) -> Member | None:
        """Whose 100.x address it is."""
        return next((one for one in self.members.values() if one.number and one.address == address), None)

    def tell(self) -> None:
        """Let every daemon know who is there: each knows itself best."""
        there = {name: one.daemon.document["Self"] for name, one in self.members.items() if one.number}
        for name, mine in there.items():
            others = [one for other, one in there.items() if other != name]
            certificates = [mine["DNSName"].rstrip(".")]
            self.members[name].daemon.document = status(
                *others, Self=mine, TailscaleIPs=mine["TailscaleIPs"], CertDomains=certificates
            )

    def approve(self, name: str) -> None:
        """Let a machine lead to what it advertises: the packets go on under its own address, as with the real one."""
        member, hub = self.members[name], self._hub()
        routes = member.daemon.prefs["AdvertiseRoutes"]
        allowed = ",".join((f"{member.address}/32", *routes))
        hub.node.run("wg", "set", hub.interface, "peer", member.keys.public, "allowed-ips", allowed)
        rule = f'iifname "{member.interface}" oifname != "{member.interface}" masquerade;'
        member.node.filter(
            f"table ip subnet_routes {{ chain out {{ type nat hook postrouting priority 90; {rule} }}\n}}"
        )

    def accept_routes(self, name: str) -> None:
        """A machine that was told to use the routes of others does so; the hub carries all of them."""
        member = self.members[name]
        assert member.daemon.prefs["RouteAll"]
        for other in self.members.values():
            for route in other.daemon.prefs.get("AdvertiseRoutes", ()):
                member.node.ip("route", "add", route, "dev", member.interface)

    def enforce(self, grants: list[Document]) -> None:
        """Access rules at work: each machine with a tag lets in what a rule grants, and nothing else."""
        for member in self.members.values():
            mine = [one for one in grants if set(one["dst"]) & set(self._tags(member))]
            if not mine:
                continue
            rules = "".join(f"{rule} accept\n" for grant in mine for rule in self._granted(grant))
            member.node.filter(
                f"table inet grants {{ chain in {{ type filter hook input priority 10;\n"
                f'iifname != "{member.interface}" accept\nct state established,related accept\n{rules}drop\n}}\n}}'
            )

    def close(self) -> None:
        """End the daemons; the lines end with their nodes."""
        for member in self.members.values():
            member.daemon.__exit__()

    def _tags(self, member: Member) -> list[str]:
        return (member.daemon.document["Self"] or {}).get("Tags") or []

    def _granted(self, grant: Document) -> Iterator[str]:
        for member in self.members.values():
            who = self._tags(member) or ["autogroup:member"]
            if member.number and set(grant["src"]) & set(who):
                for what in grant["ip"]:
                    protocol, _, port = what.partition(":")
                    yield f"ip saddr {member.address}" + (f" {protocol} dport {port}" if port else "")

    def _hub(self) -> Member:
        return next(one for one in self.members.values() if one.interface and self._is_hub(one))

    def _connect(self, member: Member) -> None:
        hub = next((one for one in self.members.values() if one.interface and self._is_hub(one)), None)
        configuration = f"[Interface]\nPrivateKey = {member.keys.private}\n"
        if self._is_hub(member):
            configuration += f"ListenPort = {PORT}\n"
            member.node.forwards()
        elif hub is not None:
            configuration += self._line_to(hub)
        if hub is not None:
            self._add(hub, _peer(member))  # before it dials: a hub that does not know it yet stays silent for seconds
        member.interface = bring_up(member.node, configuration, f"{member.address}/24", mtu=1280)
        for other in (one for one in self.members.values() if one.interface and one is not member):
            if self._is_hub(member):
                self._add(member, _peer(other))
                self._add(other, self._line_to(member))
            wait_until(partial(member.node.reaches, other.address), "the tailnet carries a packet")

    def _is_hub(self, member: Member) -> bool:
        return f" {self._hub_address}/" in member.node.ip("-4", "-o", "address", "show")

    def _line_to(self, hub: Member) -> str:
        return (
            f"[Peer]\nPublicKey = {hub.keys.public}\nAllowedIPs = {SUBNET}\n"
            f"Endpoint = {self._hub_address}:{PORT}\nPersistentKeepalive = 5\n"
        )

    def _add(self, member: Member, peer: str) -> None:
        path = member.terminal.folder / "peer.conf"
        path.write_text(peer)
        member.node.run("wg", "addconf", member.interface, str(path))


def _peer(member: Member) -> str:
    return f"[Peer]\nPublicKey = {member.keys.public}\nAllowedIPs = {member.address}/32\n"
