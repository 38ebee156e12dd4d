"""Starts a real Caddy for a test: its own folder, admin socket, ports and home, nothing of the machine's.

caddy = start_caddy(tmp_path)            # 2.11.7, listening nowhere yet
caddy = start_caddy(tmp_path, "2.11.4")  # the older one
edge = caddy.edge(echo_dial="127.0.0.1:7678")
caddy.client().load(build(hosts, edge, caddy.client().version(), {}).config)
caddy.stop()
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from wizard.caddy.client import CaddyClient
from wizard.caddy.config import initial_config
from wizard.caddy.document import Document
from wizard.core.hosts import Edge

NEWEST = "2.11.7"
OLDER = "2.11.4"
VERSIONS = (NEWEST, OLDER)
START_SECONDS = 20.0
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 bytes


def caddy_binary(version: str = NEWEST) -> Path:
    """The real binary of that version. Without it: the test is skipped, or fails where CI=true."""
    folder = Path(sys.executable).parent
    found = folder / "caddy" if version == NEWEST else folder.parent / f"caddy-{version}" / "bin" / "caddy"
    if not found.exists():
        sentence = f"Caddy {version} is not there: make setup installs it"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


@dataclass(slots=True)
class CaddyProcess:
    """A running Caddy. `admin` is what `Edge.admin` wants."""

    version: str
    folder: Path
    admin: str
    fallback: str
    http_port: int
    https_port: int
    log_folder: Path
    _process: subprocess.Popen[bytes]
    _socket_folder: Path
    _stopped: bool = field(default=False)

    def edge(self, **changes: Any) -> Edge:
        """The edge that this Caddy is; `public_https_port` is its real one."""
        edge = Edge(
            "here",
            self.admin,
            http_port=self.http_port,
            https_port=self.https_port,
            public_https_port=self.https_port,
            log_folder=str(self.log_folder),
        )
        return replace(edge, **changes)

    def client(self) -> CaddyClient:
        """A client for its admin API, which looks at this very process's fallback address."""
        return CaddyClient(self.admin, fallback=self.fallback)

    @property
    def process_id(self) -> int:
        """The operating system's number for it."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """True until it ended."""
        return self._process.poll() is None

    def logs(self) -> str:
        """Everything it wrote to standard error: the default log."""
        return (self.folder / "caddy.log").read_text(errors="replace")

    def access_log(self, domain: str) -> str:
        """The access log of one host as text, "" when there is none."""
        path = self.log_folder / f"access-{domain}.json"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End the process and wait for it; may be called twice."""
        if self._stopped:
            return
        self._stopped = True
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        shutil.rmtree(self._socket_folder, ignore_errors=True)


def start_caddy(
    folder: Path,
    version: str = NEWEST,
    config: Document | None = None,
    *,
    environment: Mapping[str, str] | None = None,
) -> CaddyProcess:
    """Start Caddy in `folder`. `config` replaces the initial one; its admin block is filled in when missing.

    `environment` is added to the little that Caddy gets. Fails the test when there is no answer within START_SECONDS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sockets = Path(tempfile.mkdtemp(prefix="caddy-"))
    admin = f"unix/{sockets / 'admin.sock'}"
    assert len(admin) < _LONGEST_SOCKET_PATH
    fallback = f"127.0.0.1:{free_port()}"
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    document = {"admin": {"listen": f"{admin}|0660"}, **(config or initial_config(Edge("here", admin)))}
    (folder / "caddy.json").write_text(json.dumps(document))
    process = _run(folder, version, _variables(folder, fallback) | dict(environment or {}))
    caddy = CaddyProcess(
        version, folder, admin, f"http://{fallback}", free_port(), free_port(), logs, process, sockets
    )
    _wait_until_it_answers(caddy)
    return caddy


def _variables(folder: Path, fallback: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "CADDY_ADMIN": fallback,  # where trap A would move the endpoint; 2019 would be shared by all tests
    }


def _run(folder: Path, version: str, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "caddy.log").open("ab") as log:
        return subprocess.Popen(
            [caddy_binary(version), "run", "--config", folder / "caddy.json"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=variables,
            cwd=folder,
        )


def _wait_until_it_answers(caddy: CaddyProcess) -> None:
    ends_at = time.monotonic() + START_SECONDS
    while time.monotonic() < ends_at and caddy.is_running:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            if probe.connect_ex(caddy.admin.removeprefix("unix/")) == 0:
                return
        time.sleep(0.02)
    logs = caddy.logs()
    caddy.stop()
    pytest.fail(f"Caddy {caddy.version} did not start:\n{logs[-2000:]}")


def free_port() -> int:
    """A port nobody listens on, TCP and UDP (HTTP/3), outside the range of outgoing connections."""
    for _ in range(200):
        port = random.randint(20_000, 31_000)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port found")
