"""`porthole traffic classify` over logs of its own, with nothing running."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Porthole
from tests.fakes.access_lines import Asked, line, lines
from wizard.verbs import traffic

TV = Asked(address="192.168.1.40", name="TV", size=2_000_000)
PHONE = Asked(size=5_000_000, status=206, seconds=0.0)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.json"
    path.write_bytes(line(TV) + line(PHONE) + b"half a li\n" + line(Asked(status=502, size=0)))
    return path


def test_a_log_is_told_as_local_and_remote(porthole: Porthole, log: Path) -> None:
    said = porthole("traffic", "classify", str(log), "--lan", "127.0.0.0/8", "--lan", "192.168.1.0/24")
    assert (said.code, said.err) == (0, "")
    assert "3 requests from 2026-11-25 " in said.out
    assert "Local             1 requests     2.0 MB  1 viewer" in said.out
    assert "Remote            2 requests     5.0 MB  1 viewer, 1 failed, 1 cut off" in said.out
    assert "Anna's Pixel" in said.out
    assert "1 line could not be read and is not counted" in said.out


def test_programs_get_json_with_every_number(porthole: Porthole, log: Path) -> None:
    said = porthole("traffic", "classify", str(log), "--json", "--mask")
    document = json.loads(said.out)
    assert (document["lines"], document["broken"]) == (4, 1)
    assert document["localities"]["remote"] == {
        "requests": 2,
        "sent_bytes": 5_000_000,
        "failed": 1,
        "cut": 1,
        "sockets": 0,
    }
    assert {viewer["address"] for viewer in document["viewers"]} == {"192.168.1.0", "203.0.113.0"}


def test_a_compressed_log_is_read_as_it_is(porthole: Porthole, tmp_path: Path) -> None:
    path = tmp_path / "access.json.gz"
    path.write_bytes(gzip.compress(b"".join(lines(200))))
    assert json.loads(porthole("traffic", "classify", str(path), "--json").out)["lines"] == 200


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("nowhere.json",), 1, "nowhere.json cannot be read: No such file or directory"),
        (("access.json", "--media", "winamp"), 2, "there is no media server kind winamp"),
        (("other.txt",), 1, "holds no request of a Caddy access log in JSON (2 lines)"),
        (("torn.gz",), 1, "torn.gz cannot be read: Compressed file ended"),
    ],
)
def test_what_cannot_be_read_is_said(
    porthole: Porthole, tmp_path: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    (tmp_path / "access.json").write_bytes(line(TV))
    (tmp_path / "other.txt").write_text('192.168.1.40 - - "GET /"\n{"ts":1,"msg":"using config"}\n')
    (tmp_path / "torn.gz").write_bytes(gzip.compress(b"".join(lines(50)))[:200])
    said = porthole("traffic", "classify", str(tmp_path / words[0]), *words[1:])
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err


def test_a_terminal_sees_how_far_it_is() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    progress = traffic._progress_of(out)
    assert progress is not None
    progress.show(50, 100, 1_000)
    progress.show(51, 100, 1_001)
    progress.clear()
    assert out.getvalue().count("50%  1,000 lines") == 1
    assert traffic._progress_of(io.StringIO()) is None
