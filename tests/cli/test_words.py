"""What the command line makes of its words, its settings and its surroundings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Porthole
from tests.store.samples import saved_host
from tests.whole_system import DOMAIN, System
from wizard import cli
from wizard.data_folder import keep_decided

COMMAND = [sys.executable, "-m", "wizard.cli"]


@pytest.mark.parametrize("words", [(), ("sing",), ("host",), ("host", "add"), ("check",), ("apply", "--loudly")])
def test_wrong_words_are_answered_with_the_usage(porthole: Porthole, words: tuple[str, ...]) -> None:
    said = porthole(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("usage: porthole")


@pytest.mark.parametrize("words", [("--help",), ("host", "--help"), ("check", "--help"), ("vantage", "--help")])
def test_help_is_there(porthole: Porthole, words: tuple[str, ...]) -> None:
    said = porthole(*words)
    assert (said.code, said.err) == (0, "")
    assert "usage: porthole" in said.out


def test_the_version_is_told(porthole: Porthole) -> None:
    assert porthole("--version").out.startswith("porthole ")


@pytest.mark.parametrize("verb", [("host", "list"), ("apply",), ("setup-code",), ("up",)])
@pytest.mark.parametrize(
    ("name", "value"),
    [("PORTHOLE_LISTEN", "rubbish"), ("PORTHOLE_LISTN", "127.0.0.1:7678")],
    ids=["broken", "unknown"],
)
def test_broken_settings_are_told_before_anything_happens(
    porthole: Porthole, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: tuple[str, ...], name: str, value: str
) -> None:
    monkeypatch.setenv("PORTHOLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv(name, value)
    said = porthole(*verb)
    assert (said.code, said.out) == (2, "")
    assert name in said.err
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_cannot_be_made_is_told(porthole: Porthole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTHOLE_DATA", "/dev/null/data")
    said = porthole("host", "list")
    assert said.code == 1
    assert "PORTHOLE_DATA" in said.err


def test_a_database_that_is_away_is_told_without_its_password(
    porthole: Porthole, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTHOLE_DATA", str(tmp_path))
    monkeypatch.setenv("PORTHOLE_DATABASE_URL", "postgresql://porthole:hush-hush@127.0.0.1:1/porthole")
    said = porthole("host", "list")
    assert said.code == 2
    assert "database does not answer" in said.err
    assert "hush-hush" not in said.err


def test_the_first_command_makes_the_database(
    porthole: Porthole, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTHOLE_DATA", str(tmp_path / "new" / "data"))
    said = porthole("host", "list", "--json")
    assert (said.code, json.loads(said.out)) == (0, [])
    assert (tmp_path / "new" / "data" / "porthole.sqlite3").exists()


class TestPorts:
    """Ports that the start decided by itself are known in another terminal, too."""

    def address(self, porthole: Porthole) -> str:
        (row,) = json.loads(porthole("host", "list", "--json").out)
        return str(row["custom_server_access_url"])

    def test_they_are_those_of_the_latest_start(
        self, system: System, porthole: Porthole, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        saved_host(system.place.database, DOMAIN)
        for name in ("PORTHOLE_PUBLIC_HTTPS_PORT", "PORTHOLE_CADDY_ADMIN"):
            monkeypatch.delenv(name)
        assert self.address(porthole) == f"https://{DOMAIN}:443"
        keep_decided(system.settings)
        assert self.address(porthole) == f"https://{DOMAIN}:{system.settings.public_https_port}"
        monkeypatch.setenv("PORTHOLE_PUBLIC_HTTPS_PORT", "9999")
        assert self.address(porthole) == f"https://{DOMAIN}:9999"

    def test_what_is_written_down_holds_no_secret(self, system: System) -> None:
        keep_decided(system.settings)
        kept = json.loads((system.settings.data / "run" / "decided.json").read_text())
        assert all(name.endswith(("_PORT", "_LISTEN")) for name in kept)


def test_the_command_works_as_a_process_and_survives_a_closed_pipe(system: System) -> None:
    saved_host(system.place.database, DOMAIN)
    done = subprocess.run([*COMMAND, "host", "list"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert DOMAIN in done.stdout
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, "config", DOMAIN], stdout=closed, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_starting_loads_nothing_that_only_other_verbs_need() -> None:
    program = (
        "import sys; from wizard import cli; cli.build_parser().parse_args(['up']);"
        "print([m for m in ('celery', 'sqlalchemy', 'flask', 'msgspec', 'requests') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "line",
    [
        "up",
        "demo --fault dns",
        "host add --domain d --upstream u",
        "host list",
        "host remove d",
        "apply",
        "check d",
        "config d",
        "servers --json",
        "setup-code",
        "reset-password",
    ],
)
def test_every_verb_that_can_be_typed_exists(line: str) -> None:
    assert callable(cli._verb(cli.build_parser().parse_args(line.split()).verb))
