"""A network in a box: namespaces that are nodes, bridges that are wires, and nothing that leads outside.

    with World() as world:
        street = world.wire("street")
        home, router = world.node("home"), world.node("router")
        home.plug(street, "eth0", "192.168.1.50/24")
        home.run("ping", "-c1", "192.168.1.1")
        home.start("python", "-m", "http.server")
        with home.inside():                       # this thread's new sockets belong to home
            ...

Everything ends with the block, also after a failure: processes by their ids, then the namespaces. What a killed test
run left behind is removed by the next one. Needs root.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.lab import line

_PREFIX = "porthole"
_NETNS = Path("/var/run/netns")
_ETC = Path("/etc/netns")
_CLONE_NEWNET = 0x40000000
_PROGRAMS = ("ip", "nft", "tc", "wg", "wireguard-go", "ping", "traceroute")
_numbers = count(1)


class LabError(RuntimeError):
    """A command of the lab ended badly; says which, and what it printed."""


def require_lab() -> None:
    """Skip the test where no namespaces can be made; under CI=true a skip is a failure."""
    if os.geteuid() != 0:
        pytest.skip("the network lab makes namespaces, which needs root")
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            pytest.skip(f"the network lab needs {program}: make packages installs it")


def call(*command: str, seconds: float = 20, text: str | None = None) -> str:
    """Run a command to its end; gives what it printed. Raises LabError when it fails or takes longer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, input=text, check=False)
    except subprocess.TimeoutExpired as late:
        raise LabError(f"{' '.join(command)} took longer than {seconds} s") from late
    if done.returncode:
        raise LabError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Wire:
    """A bridge that joins what is plugged into it. It stands in a namespace of its own and has no address."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        call("ip", "-n", world.wires, "link", "add", name, "type", "bridge")
        call("ip", "-n", world.wires, "link", "set", name, "up")

    def longer(self, milliseconds: float) -> Wire:
        """The far end of a long line that begins at this wire: frames take this long to get there."""
        far = Wire(self.world, f"{self.name}-far")
        taps = [f"t{next(_numbers)}" for _ in range(2)]
        for tap, wire in zip(taps, (self, far), strict=True):
            call("ip", "-n", self.world.wires, "tuntap", "add", "mode", "tap", tap)
            call("ip", "-n", self.world.wires, "link", "set", tap, "master", wire.name, "up")
        command = (sys.executable, line.__file__, *taps, str(milliseconds))
        self.world.lines.append(
            subprocess.Popen(("ip", "netns", "exec", self.world.wires, *command), stdin=subprocess.DEVNULL)
        )
        return far


class Node:
    """One machine: a namespace with its own interfaces, routes, packet filter and name servers."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.space = f"{world.prefix}-{name}"
        self._processes: list[subprocess.Popen[bytes]] = []
        call("ip", "netns", "add", self.space)
        self.ip("link", "set", "lo", "up")
        # no address is held back to look whether somebody else has it: every wire here is known
        self.sysctl("net.ipv6.conf.default.accept_dad", "0")
        self.sysctl("net.ipv6.conf.default.accept_ra", "0")

    def ip(self, *words: str) -> str:
        """One `ip` command inside."""
        return call("ip", "-n", self.space, *words)

    def sysctl(self, name: str, value: str) -> None:
        """Set one kernel value inside."""
        self.run("sysctl", "-qw", f"{name}={value}")

    def plug(self, wire: Wire, interface: str, *addresses: str, mtu: int = 1500) -> None:
        """An interface on a wire with addresses such as `192.168.1.50/24`."""
        far = f"p{next(_numbers)}"
        wires = self.world.wires
        self.ip("link", "add", interface, "type", "veth", "peer", "name", far, "netns", wires)
        call("ip", "-n", wires, "link", "set", far, "master", wire.name, "up")
        self.ip("link", "set", interface, "mtu", str(mtu), "up")
        for address in addresses:
            self.address(interface, address)

    def address(self, interface: str, address: str) -> None:
        """One more address of an interface."""
        self.ip("address", "add", address, "dev", interface)

    def route(self, destination: str, via: str) -> None:
        """A route such as `default` through a neighbour."""
        family = "-6" if ":" in via else "-4"
        self.ip(family, "route", "add", destination, "via", via)

    def limit(self, interface: str, mbit: float) -> None:
        """Let no more leave through an interface than this many Mbit/s, as a home's upload does."""
        rate = ("rate", f"{mbit}mbit", "burst", "64kb", "latency", "400ms")
        self.run("tc", "qdisc", "replace", "dev", interface, "root", "tbf", *rate)

    def filter(self, rules: str) -> None:
        """Load nftables rules."""
        call(*self.command, "nft", "-f", "-", text=rules)

    def forwards(self) -> None:
        """Become a router."""
        self.sysctl("net.ipv4.ip_forward", "1")
        self.sysctl("net.ipv6.conf.all.forwarding", "1")

    def name_server(self, *addresses: str) -> None:
        """Where this node looks names up."""
        folder = _ETC / self.space
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"nameserver {address}\n" for address in addresses]
        (folder / "resolv.conf").write_text("".join([*lines, "options timeout:1 attempts:2\n"]))
        (folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")

    @property
    def command(self) -> tuple[str, ...]:
        """What to put before a command that shall run inside."""
        return "ip", "netns", "exec", self.space

    def run(self, *command: str, seconds: float = 20, text: str | None = None) -> str:
        """Run a command inside to its end; gives what it printed. Raises LabError when it fails."""
        return call(*self.command, *command, seconds=seconds, text=text)

    def reaches(self, address: str) -> bool:
        """True when an echo request is answered."""
        try:
            self.run("ping", "-n", "-c", "1", "-W", "2", address)
        except LabError:
            return False
        return True

    def start(
        self, *command: str, log: Path, environ: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program inside; it ends with the world. Both its outputs go into `log`."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                (*self.command, *command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env={**os.environ, **(environ or {})},
            )
        self._processes.append(process)
        return process

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread makes meanwhile belong to the node."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(_NETNS / self.space, os.O_RDONLY)
        try:
            _enter(there)
            try:
                yield
            finally:
                _enter(here)
        finally:
            os.close(there)
            os.close(here)

    def end(self) -> None:
        """End what runs inside by its ids, then the namespace."""
        for process in self._processes:
            process.terminate()
        _end_space(self.space)
        for process in self._processes:
            process.wait(10)


def _enter(descriptor: int) -> None:
    # Python has os.setns from 3.12 on
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "the thread could not enter the namespace")


def _end_space(space: str) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        ends_at = time.monotonic() + 5
        while (pids := _pids(space)) and time.monotonic() < ends_at:
            for pid in pids:
                _signal(pid, number)
            time.sleep(0.05)
    call("ip", "netns", "del", space)
    shutil.rmtree(_ETC / space, ignore_errors=True)


def _pids(space: str) -> list[int]:
    return [int(pid) for pid in call("ip", "netns", "pids", space).split()]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended by itself


class World:
    """All nodes and wires of one test. A context manager."""

    def __init__(self) -> None:
        self.prefix = f"{_PREFIX}-{os.getpid()}-{next(_numbers)}"
        self.wires = f"{self.prefix}-wires"
        self.nodes: dict[str, Node] = {}
        self.bridges: dict[str, Wire] = {}
        self.lines: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        remove_leftovers()
        call("ip", "netns", "add", self.wires)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self.nodes.values():
            node.end()
        _end_space(self.wires)
        for process in self.lines:
            process.wait(10)

    def node(self, name: str) -> Node:
        """A new machine with nothing plugged in."""
        self.nodes[name] = Node(self, name)
        return self.nodes[name]

    def wire(self, name: str) -> Wire:
        """A new wire."""
        self.bridges[name] = Wire(self, name)
        return self.bridges[name]


def remove_leftovers() -> None:
    """End the namespaces whose test run is gone. Their names carry its process id."""
    for path in sorted(_NETNS.glob(f"{_PREFIX}-*")):
        pid = path.name.split("-")[1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            _end_space(path.name)
