"""Which Caddy runs is read over its admin API, and decides which options are written."""

from __future__ import annotations

import subprocess

import pytest

from tests.caddy_process import CaddyProcess, caddy_binary
from wizard.caddy.version import UNKNOWN, Version, parse_version, version_in_stacks


def test_a_running_caddy_tells_the_same_version_as_its_binary(caddy: CaddyProcess) -> None:
    printed = subprocess.run([caddy_binary(caddy.version), "version"], capture_output=True, check=True).stdout
    assert caddy.client().version() == parse_version(printed.decode())


def test_a_running_caddy_tells_whether_it_knows_the_stall_option(caddy: CaddyProcess) -> None:
    version = caddy.client().version()
    assert isinstance(version, Version)
    assert (str(version), version.write_idle) == {"2.11.7": ("2.11.7", True), "2.11.4": ("2.11.4", False)}[
        caddy.version
    ]


@pytest.mark.parametrize(
    ("text", "number", "knows"),
    [
        ("v2.11.7 h1:yj0Y4fYZGPkSvibBJ1sTWE33xC0fxztVyXEW5iIdUT4=", (2, 11, 7), True),
        ("v2.11.4 h1:XKxkMTgNSizEvKG6QHue6cAsFOteU2qA61w2tKkCWi0=", (2, 11, 4), False),
        ("2.11.5", (2, 11, 5), False),
        ("2.11.6", (2, 11, 6), False),
        ("v2.12.0-beta.1", (2, 12, 0), True),
        ("2.6.2", (2, 6, 2), False),
        ("(devel)", (), False),
        ("", (), False),
    ],
)
def test_versions_nobody_looked_at_count_as_not_knowing_the_option(
    text: str, number: tuple[int, ...], knows: bool
) -> None:
    version = parse_version(text)
    assert (version.number, version.write_idle) == (number, knows)


def test_what_caddy_says_about_itself_wins_over_its_number() -> None:
    assert parse_version("2.11.5", write_idle=True).write_idle
    assert not parse_version("2.11.7", write_idle=False).write_idle


def test_stacks_without_caddys_module_tell_no_version() -> None:
    assert version_in_stacks("#\t0x1\tmain.main+0x1\tmain.go:3") == ""
    assert str(UNKNOWN) == "unknown version"
