"""The grown-up form: what docker-compose.yml says, run by hand with a real PostgreSQL, a real Redis, a real Caddy.

Commands and settings are taken from docker-compose.yml itself; only paths and host names of containers are replaced.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.fakes.plex import Plex
from tests.fakes.ports import free_port
from tests.processes import wait_until
from tests.runtime.postgresql import running_postgresql
from tests.runtime.system import HEALTHY, fetch_states
from wizard.embedded.parts import CHECKOUT

COMPOSE: dict[str, Any] = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("prepare", "web", "worker", "beat")


class GrownUp:
    """Every service of docker-compose.yml as a process; workers are numbered."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        # short paths: two of them hold sockets
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grown-")))
        self.listen = f"127.0.0.1:{free_port()}"
        self.redis_port = free_port()
        self.https_port = free_port()
        self._places = {
            "/run/porthole": str(self.folder / "secrets"),
            "/data": str(self.folder / "data"),
            "/caddy": str(self.folder / "caddy"),
            "0.0.0.0:7678": self.listen,
            "web:7678": self.listen,
            "redis:6379": f"127.0.0.1:{self.redis_port}",
        }
        self._ports = {
            "PORTHOLE_CADDY_HTTP_PORT": str(free_port()),
            "PORTHOLE_CADDY_HTTPS_PORT": str(self.https_port),
            "PORTHOLE_PUBLIC_HTTPS_PORT": str(self.https_port),
            "PORTHOLE_STUN_SERVERS": "none",
            "PORTHOLE_ADDRESS_SERVICES": "none",
        }
        for name in ("secrets", "data", "caddy"):
            (self.folder / name).mkdir()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def _here(self, text: str) -> str:
        pattern = "|".join(re.escape(there) for there in self._places)
        return re.sub(rf"({pattern})(?![\w-])", lambda found: self._places[found[1]], text)

    def command(self, service: str) -> list[str]:
        """The command of a service, as it runs on this machine."""
        words = [self._here(word) for word in SERVICES[service]["command"]]
        if service in OURS:  # the image's entry point
            return [sys.executable, "-m", "wizard.containers", *words]
        folder = {"caddy": Path(sys.executable).parent}.get(service)
        program = str(folder / words[0]) if folder else shutil.which(words[0])
        if program is None:
            pytest.skip(f"{words[0]} is not installed: apt-get install {words[0]}")
        return [program, *words[1:]]

    def environ(self, service: str) -> dict[str, str]:
        """The environment of a service, as it is on this machine."""
        said = {name: self._here(str(value)) for name, value in SERVICES[service].get("environment", {}).items()}
        ports = self._ports if service in OURS else {}
        return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", **said, **ports}

    def run(self, service: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in the surroundings of a service."""
        environ = self.environ(service)
        return subprocess.run(
            command, env=environ, cwd=CHECKOUT, capture_output=True, text=True, timeout=90, check=False
        )

    def start(self, service: str, name: str = "", *more: str) -> None:
        """Start a service; `name` tells two of the same apart, as their containers' host names would."""
        name = name or service
        environ = {**self.environ(service), "CELERY_WORKER_HOSTNAME": f"celery@{name}"}
        log = self._stack.enter_context((self.folder / f"{name}.log").open("ab"))
        process = subprocess.Popen(
            [*self.command(service), *more],
            env=environ,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self.processes[name] = process
        self._stack.callback(end, process)

    def states(self) -> dict[str, str] | None:
        """What /healthz says; fails at once when a process has ended by itself."""
        for name, process in self.processes.items():
            if process.poll() is not None and process.returncode != -signal.SIGKILL:
                pytest.fail(f"{name} ended with {process.returncode}:\n{(self.folder / f'{name}.log').read_text()}")
        return fetch_states(self.listen)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


@pytest.fixture(scope="module")
def grown() -> Iterator[GrownUp]:
    with ExitStack() as stack:
        grown = GrownUp(stack)
        assert grown.run("prepare", *grown.command("prepare")).returncode == 0
        secrets = grown.folder / "secrets"
        said = SERVICES["postgres"]["environment"]
        password = (secrets / Path(said["POSTGRES_PASSWORD_FILE"]).name).read_text()
        address = stack.enter_context(running_postgresql(said["POSTGRES_USER"], password, said["POSTGRES_DB"]))
        url = secrets / "database-url"
        url.write_text(url.read_text().replace("@postgres:5432/", f"@{address}/"))
        redis_folder = grown.folder / "redis"
        redis_folder.mkdir()
        grown.start("redis", "", "--port", str(grown.redis_port), "--bind", "127.0.0.1", "--dir", str(redis_folder))
        grown.start("caddy")
        # all at once: whoever is first migrates, the others wait for it
        for service, name in (("web", ""), ("worker", "worker1"), ("worker", "worker2"), ("beat", "")):
            grown.start(service, name)
        wait_until(lambda: grown.states() == dict.fromkeys(HEALTHY, "ok"), "every part is ok")
        yield grown


def test_everything_is_ok_on_postgresql_and_redis(grown: GrownUp) -> None:
    assert grown.states() == dict.fromkeys(HEALTHY, "ok")
    url = (grown.folder / "secrets" / "database-url").read_text()
    with psycopg.connect(url) as connection:
        versions = connection.execute("select version_num from alembic_version").fetchall()
    assert len(versions) == 1
    assert list((grown.folder / "data").glob("*.sqlite3")) == []


def test_the_log_of_web_shows_the_link_with_the_set_up_code(grown: GrownUp) -> None:
    (line,) = [line for line in (grown.folder / "web.log").read_text().splitlines() if line.startswith("Open ")]
    assert line.startswith(f"Open http://{grown.listen}/claim?code=")


@pytest.mark.parametrize("name", ["worker1", "worker2"])
def test_the_health_check_of_a_worker_knows_its_worker(grown: GrownUp, name: str) -> None:
    kind, line = SERVICES["worker"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    shell = line.replace("$$", "$")
    assert grown.run("worker", "env", f"HOSTNAME={name}", "sh", "-c", shell).returncode == 0
    assert grown.run("worker", "env", "HOSTNAME=nobody", "sh", "-c", shell.replace(" 5 ", " 1 ")).returncode != 0


def test_the_health_check_of_web_is_that_of_the_image(grown: GrownUp) -> None:
    dockerfile = (CHECKOUT / "Dockerfile").read_text()
    assert 'CMD ["python", "-m", "wizard.containers", "health"]' in dockerfile
    assert 'ENTRYPOINT ["python", "-m", "wizard.containers"]' in dockerfile
    assert grown.run("web", sys.executable, "-m", "wizard.containers", "health").returncode == 0


def test_the_health_check_of_beat_sees_what_beat_writes(grown: GrownUp) -> None:
    _, line = SERVICES["beat"]["healthcheck"]["test"]
    assert grown.run("beat", "sh", "-c", grown._here(line)).returncode == 0


def test_the_health_check_of_caddy_finds_its_socket(grown: GrownUp) -> None:
    _, *command = SERVICES["caddy"]["healthcheck"]["test"]
    assert grown.run("caddy", *[grown._here(word) for word in command]).returncode == 0


@pytest.mark.parametrize("killed", ["", "worker1"])
def test_what_caddy_should_have_reaches_it_through_the_queue_when_it_is_back(grown: GrownUp, killed: str) -> None:
    if killed:  # the other one does its part
        grown.processes[killed].kill()
        grown.processes[killed].wait(20)
    end(grown.processes.pop("caddy"))
    domain = f"plex{killed}.localhost"
    porthole = (sys.executable, "-m", "wizard.cli")
    with Plex() as plex:
        url = f"http://127.0.0.1:{plex.port}"
        added = grown.run("web", *porthole, "host", "add", "--domain", domain, "--upstream", url)
        assert added.returncode == 2, added.stdout + added.stderr  # saved; the workers go on trying
        grown.start("caddy")
        wait_until(lambda: b"machineIdentifier=" in https_get(grown.https_port, domain), "Caddy leads to Plex", 60)
    assert domain in grown.run("web", *porthole, "host", "list").stdout


def https_get(port: int, domain: str) -> bytes:
    """`/identity` of a domain through Caddy; empty while that does not work."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # Caddy's own authority; other tests verify it
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=domain) as secure,
        ):
            secure.sendall(f"GET /identity HTTP/1.1\r\nHost: {domain}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while chunk := secure.recv(65536):
                answer += chunk
            return answer
    except OSError:
        return b""


def test_preparing_again_keeps_the_password(grown: GrownUp) -> None:
    before = (grown.folder / "secrets" / "database-url").read_text()
    assert grown.run("prepare", *grown.command("prepare")).returncode == 0
    assert (grown.folder / "secrets" / "database-url").read_text() == before


def test_what_is_shared_is_readable_by_our_group_and_by_nobody_else(grown: GrownUp) -> None:
    for path in (grown.folder / "secrets").iterdir():
        assert path.stat().st_mode & 0o777 == 0o640
    assert (grown.folder / "caddy" / "logs").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_runs_as_root_and_each_is_watched(name: str) -> None:
    service = SERVICES[name]
    if name in OURS:
        assert "USER 10001:10001" in (CHECKOUT / "Dockerfile").read_text()
    else:
        assert service["user"] in {"postgres", "redis", "10001:10001"}
        assert "healthcheck" in service
    if name != "prepare":
        assert service["restart"] == "unless-stopped"


def test_only_the_pages_on_loopback_and_caddy_are_published() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:7678:7678"], "caddy": ["80:80", "443:443", "443:443/udp"]}


def test_web_worker_and_beat_have_the_same_settings() -> None:
    assert SERVICES["web"]["environment"] == SERVICES["worker"]["environment"] == SERVICES["beat"]["environment"]
