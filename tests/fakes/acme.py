"""A real certificate authority for tests: Debian's `pebble`, with `pebble-challtestsrv` as its name server.

with Acme(folder) as acme:                     # nothing listens yet on acme.http_port and acme.tls_port
    acme.directory_url, acme.listener_root     # what Caddy is told: the directory, and the PEM it is verified with
    acme.root_pem()                            # who vouches for the certificates it issues
    acme.records.address("plex.example.com", "127.0.0.1")

Everything is on loopback and thrown away. Must not know Caddy.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import requests

from tests.caddy_process import free_port
from tests.fakes.authority import Authority
from tests.processes import wait_until

_SECONDS = 10.0
_QUICK = {
    "PEBBLE_VA_NOSLEEP": "1",  # otherwise each validation waits up to 15 s
    "PEBBLE_WFE_NONCEREJECT": "0",  # otherwise one nonce in twenty is refused
    "PEBBLE_AUTHZREUSE": "0",  # a name proved once would be believed later, whatever stands there then
}


def program(name: str) -> str:
    """The path of a program of Debian's package `pebble`. Without it: a skip, or a failure where CI=true."""
    found = shutil.which(name)
    if found is None:
        sentence = f"{name} is not there: Debian's package pebble has it"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


class Records:
    """What the name server answers. Every name has the address 127.0.0.1 until told otherwise."""

    def __init__(self, management_url: str) -> None:
        self.management_url = management_url

    def address(self, name: str, *addresses: str) -> None:
        """Give a name these IPv4 addresses and no others."""
        self._tell("clear-a", host=f"{name}.")
        self._tell("add-a", host=f"{name}.", addresses=list(addresses))

    def fail(self, name: str) -> None:
        """Answer SERVFAIL for a name, as a broken DNSSEC chain does."""
        self._tell("set-servfail", host=f"{name}.")

    def heal(self, name: str) -> None:
        """Take `fail` back."""
        self._tell("clear-servfail", host=f"{name}.")

    def _tell(self, what: str, **body: Any) -> None:
        requests.post(f"{self.management_url}/{what}", data=json.dumps(body), timeout=_SECONDS).raise_for_status()


class Acme:
    """A running authority; a context manager. It looks at `http_port` and `tls_port` in place of 80 and 443.

    `nameserver` (`address:port`) replaces its own name server; `blocked` are names it never issues for;
    `needs_account_key` makes it ask for an external account.
    """

    def __init__(
        self, folder: Path, *, nameserver: str = "", blocked: tuple[str, ...] = (), needs_account_key: bool = False
    ) -> None:
        self._folder = folder
        self._nameserver = nameserver
        self._blocked = blocked
        self._needs_account_key = needs_account_key
        self.http_port, self.tls_port = free_port(), free_port()
        self._port, self._management_port = free_port(), free_port()
        self._names_port, self._names_management_port = free_port(), free_port()
        self.directory_url = f"https://localhost:{self._port}/dir"
        self.listener_root = folder / "listener-root.pem"
        self.records = Records(f"http://127.0.0.1:{self._names_management_port}")
        self._processes: list[subprocess.Popen[bytes]] = []

    def root_pem(self) -> str:
        """The root above every certificate it issues: made anew at each start."""
        url = f"https://localhost:{self._management_port}/roots/0"
        answer = requests.get(url, verify=str(self.listener_root), timeout=_SECONDS)
        answer.raise_for_status()
        return answer.text

    @property
    def log(self) -> str:
        """Everything that pebble wrote."""
        return (self._folder / "pebble.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        authority = Authority.create("Throw-away root of the directory")
        self.listener_root.write_text(authority.certificate_pem)
        files = authority.issue("localhost", "127.0.0.1").write(self._folder, "listener")
        (self._folder / "pebble.json").write_text(
            json.dumps(
                {
                    "pebble": {
                        "listenAddress": f"127.0.0.1:{self._port}",
                        "managementListenAddress": f"127.0.0.1:{self._management_port}",
                        "certificate": str(files.certificate),
                        "privateKey": str(files.key),
                        "httpPort": self.http_port,
                        "tlsPort": self.tls_port,
                        "externalAccountBindingRequired": self._needs_account_key,
                        "domainBlocklist": list(self._blocked),
                    }
                }
            )
        )
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End both processes by their ids; may be called twice."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self._processes.clear()

    def _start_all(self) -> None:
        names = self._nameserver or f"127.0.0.1:{self._names_port}"
        self._start(
            "pebble-challtestsrv",
            *("-dns01", f"127.0.0.1:{self._names_port}", "-management", f"127.0.0.1:{self._names_management_port}"),
            *("-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", "", "-tlsalpn01", ""),
        )
        self._start("pebble", "-config", str(self._folder / "pebble.json"), "-dnsserver", names)
        wait_until(self._answers, f"pebble answers: {self.log[-500:]}")

    def _start(self, name: str, *arguments: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    [program(name), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=self._folder,
                    env={"PATH": os.environ["PATH"], **_QUICK},
                )
            )

    def _answers(self) -> bool:
        assert all(process.poll() is None for process in self._processes), self.log
        try:
            requests.get(self.directory_url, verify=str(self.listener_root), timeout=_SECONDS)
            requests.get(self.records.management_url, timeout=_SECONDS)
        except requests.ConnectionError:
            return False
        return True
