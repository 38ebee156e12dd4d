"""The configuration we hand to supervisor, read back by supervisor itself."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import pytest
from supervisor.options import ServerOptions

from wizard.embedded.parts import Part, build_parts, tunnel_part
from wizard.embedded.supervisor_conf import render
from wizard.settings import Settings

AWKWARD = [
    "plain",
    "two words",
    "a;b",
    "a ;b",
    "a #b",
    "100%",
    "%(here)s",
    'quo"te',
    "it's",
    "$HOME",
    "back\\slash",
    "ü",
]


def programs(parts: tuple[Part, ...], folder: Path, *, verbose: bool = False) -> dict[str, Any]:
    (folder / "log").mkdir(exist_ok=True)
    (folder / "run").mkdir(exist_ok=True)
    path = folder / "supervisord.conf"
    path.write_text(render(parts, 1, verbose=verbose))
    options = ServerOptions()
    options.realize(["-n", "-c", str(path)])
    return {
        config.name: (config, group) for group in options.process_group_configs for config in group.process_configs
    }


@pytest.mark.parametrize("word", AWKWARD)
def test_any_word_of_a_command_arrives_as_it_is(word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    part = Part("web", ("program", word, "last"), environ=(("FOLDER", word),))
    config, _ = programs((part,), tmp_path)["web"]
    words = shlex.split(config.command)
    assert words[words.index("--") + 1 :] == ["program", word, "last"]
    assert f"FOLDER={word}" in words


def test_every_part_is_restarted_for_ever_and_keeps_a_bounded_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read({"PORTHOLE_DATA": str(tmp_path)})
    assert isinstance(settings, Settings)
    found = programs(build_parts(settings, verbose=False), tmp_path)
    assert set(found) == {"valkey", "caddy", "web", "worker", "beat", "greeting"}
    for name, (config, _) in found.items():
        assert (config.autorestart is False) is (name == "greeting")
        assert config.startretries >= 1_000_000
        assert config.redirect_stderr
        assert Path(config.stdout_logfile).resolve() == tmp_path / "log" / f"{name}.log"
        assert 0 < config.stdout_logfile_maxbytes * (config.stdout_logfile_backups + 1) <= 8 * 1024 * 1024
        assert config.stdout_events_enabled is (name == "greeting")


def test_only_the_tunnel_waits_for_a_wish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read({"PORTHOLE_DATA": str(tmp_path)})
    assert isinstance(settings, Settings)
    found = programs((*build_parts(settings, verbose=False), tunnel_part()), tmp_path)
    assert {name for name, (config, _) in found.items() if not config.autostart} == {"tunnel"}
    assert found["tunnel"][0].autorestart is not False


def test_what_others_stand_on_starts_first_and_stops_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read({"PORTHOLE_DATA": str(tmp_path)})
    assert isinstance(settings, Settings)
    found = programs(build_parts(settings, verbose=True), tmp_path, verbose=True)
    ground = {name for name, (_, group) in found.items() if group.priority == 1}
    assert ground == {"valkey", "caddy"}
    assert all(config.stdout_events_enabled for config, _ in found.values())


def test_a_broker_and_a_caddy_of_somebody_else_are_not_started(tmp_path: Path) -> None:
    given = {"PORTHOLE_BROKER_URL": "redis://redis/0", "PORTHOLE_CADDY_ADMIN": "http://127.0.0.1:2019"}
    settings = Settings.read({"PORTHOLE_DATA": str(tmp_path), **given})
    assert isinstance(settings, Settings)
    assert [part.name for part in build_parts(settings, verbose=False)] == ["web", "worker", "beat", "greeting"]


def test_the_programs_are_there(tmp_path: Path) -> None:
    settings = Settings.read({"PORTHOLE_DATA": str(tmp_path)})
    assert isinstance(settings, Settings)
    for part in build_parts(settings, verbose=False):
        assert os.access(part.command[0], os.X_OK)
