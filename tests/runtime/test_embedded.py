"""The all-in-one start: it comes up, stays up, goes away, and comes back as it was."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.processes import wait_until
from tests.runtime.system import PARTS, System
from wizard.caddy.config import initial_config
from wizard.data_folder import socket_paths
from wizard.embedded.start import can_resume
from wizard.settings import Settings


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One running system for all tests here, in a data folder too deep for a socket and with odd letters."""
    deep = tmp_path_factory.mktemp("embedded").joinpath("a folder; it's “deep” & ü", *["and deeper"] * 8, "data")
    system = System(deep)
    try:
        system.start()
        yield system
    finally:
        system.close()


def redis_of(system: System) -> Redis:
    settings = Settings.read(
        {"PORTHOLE_DATA": str(system.data), "XDG_RUNTIME_DIR": system.environ["XDG_RUNTIME_DIR"]}
    )
    assert isinstance(settings, Settings)
    return Redis.from_url(settings.redis_url, decode_responses=True)


def test_it_prints_one_link_that_opens_with_the_set_up_code(system: System) -> None:
    link = system.link()
    assert link.startswith("/claim?code=")
    status, page = system.get(link)
    assert status == 200
    assert link.removeprefix("/claim?code=") in page


def test_the_terminal_shows_the_link_and_nothing_else(system: System) -> None:
    lines = [line.split()[0] for line in system.terminal().splitlines() if line.strip()]
    assert lines == ["Porthole", "Open", "Data", "Stop"]


def test_every_part_runs_and_keeps_a_log(system: System) -> None:
    assert all(system.pid(part) for part in PARTS)
    assert {path.stem for path in (system.data / "log").glob("*.log")} >= {*PARTS, "supervisor"}


def test_nothing_but_the_pages_and_caddy_listens_on_a_port(system: System) -> None:
    allowed = {int(system.environ[name]) for name in ("PORTHOLE_CADDY_HTTP_PORT", "PORTHOLE_CADDY_HTTPS_PORT")}
    allowed.add(int(system.listen.rpartition(":")[2]))
    listening = {port for pid in system.left_behind() for port in tcp_ports_of(pid)}
    assert listening <= allowed


def tcp_ports_of(pid: int) -> set[int]:
    """Ports on which this process has a listening TCP socket, from proc(5)."""
    inodes = set()
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile, as the greeting does
        return set()
    for descriptor in descriptors:
        try:
            target = str(descriptor.readlink())
        except OSError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


def test_secrets_are_readable_by_this_user_only(system: System) -> None:
    exposed = [
        path
        for path in system.data.rglob("*")
        if path.is_file() and path.stat().st_mode & 0o007 and "access" not in path.name
    ]
    assert exposed == []
    assert system.data.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_comes_back(system: System, part: str) -> None:
    killed = system.pid(part)
    assert killed
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: system.pid(part) not in {0, killed}, f"{part} was started again")
    wait_until(lambda: set((system.states() or {"": ""}).values()) == {"ok"}, "every part is ok")
    assert f"{part} " in system.terminal()  # the person is told


def test_a_second_start_is_refused_and_disturbs_nothing(system: System) -> None:
    second = System(system.data, XDG_RUNTIME_DIR=system.environ["XDG_RUNTIME_DIR"])
    second.spawn()
    assert second.process is not None
    assert second.process.wait(60) == 1
    assert "Porthole is already running with the data folder" in second.terminal()
    assert f"(process {system.process.pid if system.process else 0})" in second.terminal()
    second._short.cleanup()
    assert set((system.states() or {}).values()) == {"ok"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_it_stops_leaving_nothing_behind_and_starts_again_with_everything_still_there(
    system: System, number: signal.Signals
) -> None:
    link = system.link()
    redis_of(system).set("kept", number.name)
    assert system.stop(number) == 0
    assert system.left_behind() == {}
    system.start("up", *(["--verbose"] if number is signal.SIGTERM else []))
    assert system.link() == link
    assert redis_of(system).get("kept") == number.name
    if number is signal.SIGTERM:
        assert "\ncaddy    {" in system.terminal()


def test_when_the_supervisor_is_killed_outright_its_parts_end_and_the_next_start_works(system: System) -> None:
    parts = {system.pid(part) for part in PARTS}
    assert system.process is not None
    system.process.kill()
    system.process.wait(30)
    wait_until(lambda: not parts & set(system.left_behind()), "the parts ended with their supervisor")
    system.start()


def test_a_kept_caddy_configuration_that_is_broken_is_set_aside(system: System) -> None:
    system.stop()
    autosave = system.data / "caddy" / "autosave.json"
    kept = json.loads(autosave.read_text())
    kept["apps"] = {"an app nobody knows": {}}
    autosave.write_text(json.dumps(kept))
    system.start()
    assert json.loads(autosave.with_suffix(".json.refused").read_text()) == kept
    assert "Caddy's kept configuration was moved to" in system.terminal()


def test_a_kept_caddy_configuration_that_would_not_answer_us_is_not_resumed(system: System) -> None:
    system.stop()
    autosave = system.data / "caddy" / "autosave.json"
    autosave.write_text('{"admin": {"listen": "unix//gone/admin.sock"}}')
    system.start()
    assert "/gone/" in autosave.with_suffix(".json.before").read_text()


@pytest.mark.parametrize(
    ("kept", "fits"),
    [
        (None, True),
        ("{", False),
        ("[]", False),
        ('{"admin": {"listen": "unix//srv/p/caddy/admin.sock|0660"}}', True),
        ('{"admin": {"listen": "unix//elsewhere/admin.sock|0660"}}', False),
        ('{"admin": {"listen": "unix//srv/p/caddy/admin.sock|0660"}, "apps": {"http": {"https_port": 443}}}', True),
        ('{"admin": {"listen": "unix//srv/p/caddy/admin.sock|0660"}, "apps": {"http": {"https_port": 8443}}}', False),
    ],
)
def test_what_caddy_kept_is_resumed_only_with_our_admin_address_and_ports(
    tmp_path: Path, kept: str | None, fits: bool
) -> None:
    settings = Settings.read({"PORTHOLE_DATA": "/srv/p"})
    assert isinstance(settings, Settings)
    autosave = tmp_path / "autosave.json"
    if kept is not None:
        autosave.write_text(kept)
    assert can_resume(autosave, settings, initial_config(settings.edge)) is fits


def test_a_deep_data_folder_has_its_sockets_elsewhere_and_they_are_gone_after_a_stop(system: System) -> None:
    settings = Settings.read(
        {"PORTHOLE_DATA": str(system.data), "XDG_RUNTIME_DIR": system.environ["XDG_RUNTIME_DIR"]}
    )
    assert isinstance(settings, Settings)
    sockets = socket_paths(settings)
    assert all(path.is_socket() for path in sockets)
    assert not any(path.is_relative_to(system.data) for path in sockets)
    system.stop()
    assert not any(path.exists() for path in sockets)
    system.start()


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"PORTHOLE_DAT": "x"}, "Did you mean PORTHOLE_DATA?"),
        ({"PORTHOLE_CADDY_HTTPS_PORT": "many"}, "Write a port number from 1 to 65535."),
        ({"PORTHOLE_LISTEN": "192.0.2.1:7678"}, "this machine does not have that address."),
    ],
)
def test_a_broken_setting_stops_the_start_with_one_sentence(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    system = System(tmp_path / "data", **environ)
    try:
        system.spawn()
        assert system.process is not None
        assert system.process.wait(60) in {1, 2}
        assert sentence in system.terminal()
        assert "Traceback" not in system.terminal()
        assert system.terminal().count("\n") == 1
        assert system.left_behind() == {}
    finally:
        system.close()
