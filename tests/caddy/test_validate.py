"""Trying a configuration out in a throw-away process: it says what is wrong and leaves nothing behind."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import pytest

from tests.caddy.talk import proxy_host, tunnel_listener
from tests.caddy_process import OLDER, VERSIONS, caddy_binary
from wizard.caddy.config import build, initial_config
from wizard.caddy.document import Document
from wizard.caddy.validate import Validator, find_validator, without_log_files
from wizard.caddy.version import parse_version
from wizard.core.hosts import Edge, Upstream, Verify, VerifyKind


def built(folder: Path, version: str, **changes: Any) -> Document:
    edge = Edge("here", f"unix/{folder}/admin.sock", log_folder=str(folder / "logs"))
    return build([proxy_host(**changes)], edge, parse_version(version), None).config


@pytest.mark.parametrize("version", VERSIONS)
def test_what_we_build_is_accepted_and_nothing_is_written(version: str, tmp_path: Path) -> None:
    homes = [Path.home() / ".local/share/caddy", Path.home() / ".config/caddy"]
    before = [sorted(home.rglob("*")) for home in homes]
    validate = Validator(caddy_binary(version))
    assert validate(built(tmp_path, version)) is None
    assert validate(built(tmp_path, version, listener=tunnel_listener(), websocket=False)) is None
    assert list(tmp_path.iterdir()) == []
    assert [sorted(home.rglob("*")) for home in homes] == before


def test_a_refusal_is_said_in_a_sentence_with_caddys_own_words_below(tmp_path: Path) -> None:
    document = built(tmp_path, "2.11.7")
    document["apps"]["http"]["servers"]["porthole-main"]["wrote_idle"] = 1
    trouble = Validator(caddy_binary())(document)
    assert trouble is not None
    assert (trouble.code, trouble.summary) == (
        "apply-refused",
        "This Caddy does not know an option in the configuration",
    )
    assert 'unknown field "wrote_idle"' in trouble.detail


def test_an_option_that_only_newer_caddys_know_is_refused_by_the_older_one(tmp_path: Path) -> None:
    trouble = Validator(caddy_binary(OLDER))(built(tmp_path, "2.11.7"))
    assert trouble is not None
    assert "write_idle_timeout" in trouble.detail


def test_a_binary_older_than_the_caddy_that_will_load_it_has_no_say(tmp_path: Path) -> None:
    assert Validator(caddy_binary(OLDER))(built(tmp_path, "2.11.7"), parse_version("2.11.7")) is None


def test_a_pin_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    upstream = Upstream("plex", "https", "127.0.0.1", 1, Verify(VerifyKind.PINNED, "a.lan", "nothing"))
    trouble = Validator(caddy_binary())(built(tmp_path, "2.11.7", upstream=upstream))
    assert trouble is not None
    assert trouble.summary == "Caddy cannot read the pinned certificate of a media server"


def test_a_binary_that_never_ends_is_ended(tmp_path: Path) -> None:
    slow = tmp_path / "caddy"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    trouble = Validator(slow, deadline_seconds=0.2)(initial_config(Edge("here", "unix//x")))
    assert trouble is not None
    assert trouble.summary == "Trying the configuration out took longer than 0.2 seconds"


def test_a_binary_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    trouble = Validator(tmp_path / "caddy")({})
    assert trouble is not None
    assert "could not be started" in trouble.detail


def test_the_binary_beside_our_python_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = find_validator()
    assert found is not None
    assert found.binary == caddy_binary()
    chosen = find_validator("/somewhere/caddy")
    assert chosen is not None
    assert chosen.binary == Path("/somewhere/caddy")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", os.devnull)
    assert find_validator() is None


def test_every_log_is_thrown_away_in_a_copy() -> None:
    logs = {"default": {"level": "INFO"}, "b": {"writer": {"x": 1}}}
    document = {"logging": {"sink": {"writer": {"output": "file"}}, "logs": logs}}
    kept = copy.deepcopy(document)
    discard = {"writer": {"output": "discard"}}
    tried = {"b": discard, "default-tried-out": {"level": "INFO", **discard}}
    assert without_log_files(document) == {"logging": {"sink": discard, "logs": tried}}
    assert document == kept
    assert without_log_files({}) == {}


def test_a_log_that_cannot_be_is_refused_all_the_same(tmp_path: Path) -> None:
    document = built(tmp_path, "2.11.7")
    document["logging"]["logs"]["default"]["encoder"]["format"] = "no_such_format"
    trouble = Validator(caddy_binary())(document)
    assert trouble is not None
    assert "no_such_format" in trouble.detail
