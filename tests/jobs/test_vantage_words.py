"""`porthole vantage` on the line: a broker with a password, one behind TLS, and every way to get it wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.caddy_process import free_port
from tests.fakes.authority import Authority
from tests.net.small import Small
from tests.processes import Process, wait_until
from wizard.embedded.parts import valkey_program
from wizard.verbs.saying import UNKNOWN, USAGE

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-password-of-the-broker"


def vantage(*words: str, **environ: str) -> subprocess.Popen[str]:
    """The command, with nothing of Porthole in its environment but what is given."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "wizard.cli", "vantage", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Exit code, and everything it said."""
    said = process.communicate(timeout=30)
    return process.returncode, "".join(said)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real Valkey on TCP with a password."""
    folder, number = tmp_path_factory.mktemp("broker"), free_port()
    command = (
        valkey_program(),
        "--port",
        str(number),
        "--bind",
        "127.0.0.1",
        "--requirepass",
        PASSWORD,
        "--save",
        "",
    )
    broker = Process("valkey", command, folder, {})
    broker.start()
    wait_until(lambda: "Ready to accept connections" in broker.log, "the broker is ready")
    yield number
    broker.stop()


def reads(process: subprocess.Popen[str], words: str) -> str:
    """Read on until it says this."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    pytest.fail(f"it ended without {words!r}: {said} {process.stderr.read() if process.stderr else ''}")


def test_a_password_lets_in_and_ctrl_c_ends_in_peace(port: int) -> None:
    process = vantage("--name", "paris", "--broker", f"redis://:{PASSWORD}@127.0.0.1:{port}/0")
    said = reads(process, "Looking as paris")
    process.send_signal(signal.SIGINT)
    code, rest = outcome(process)
    assert (code, "Stopped" in rest, "Traceback" in rest) == (0, True, False)
    assert PASSWORD not in said + rest


def test_the_url_can_stand_in_a_file(port: int, tmp_path: Path) -> None:
    file = tmp_path / "broker.txt"
    file.write_text(f"redis://:{PASSWORD}@127.0.0.1:{port}/0\n")
    process = vantage("--name", "paris", PORTHOLE_BROKER_URL_FILE=str(file))
    reads(process, "Looking as paris")
    process.terminate()
    assert outcome(process)[0] == 0


def test_a_broker_behind_tls_is_reached_when_its_authority_is_trusted(port: int, tmp_path: Path) -> None:
    authority = Authority.create()
    root = tmp_path / "root.pem"
    root.write_text(authority.certificate_pem)
    with Small(lambda near: join_to(near, port), tls=authority.issue("localhost").server_context()) as front:
        url = f"rediss://:{PASSWORD}@localhost:{front.port}/0"
        refused = vantage("--name", "paris", "--broker", url)
        assert "certificate verify failed" in reads(refused, "Trying again")
        refused.kill()
        outcome(refused)
        process = vantage("--name", "paris", "--broker", f"{url}?ssl_ca_certs={root}")
        reads(process, "Looking as paris")
        process.terminate()
        assert outcome(process)[0] == 0


def join_to(near: socket.socket, port: int) -> None:
    """Carry bytes both ways until one side ends."""
    with socket.create_connection(("127.0.0.1", port)) as far:
        back = threading.Thread(target=carry, args=(far, near), daemon=True)
        back.start()
        carry(near, far)
        back.join(10)


def carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def test_a_wrong_password_is_said_once_and_ends(port: int) -> None:
    code, said = outcome(vantage("--name", "paris", "--broker", f"redis://:wrong-word@127.0.0.1:{port}/0"))
    assert code == UNKNOWN
    assert said == (
        f"porthole: the broker at 127.0.0.1:{port} does not let us in. Check user and password in its URL\n"
    )


def test_a_broker_that_does_not_answer_is_tried_again(port: int) -> None:
    process = vantage("--name", "paris", "--broker", f"redis://127.0.0.1:{free_port()}/0")
    assert "Cannot reach the broker at 127.0.0.1:" in reads(process, "Trying again in 2 s")
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    if process.poll() is None:  # as a person does when the first one came at an odd moment
        process.send_signal(signal.SIGINT)
    assert outcome(process)[0] == 130


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--name", "Paris", "--broker", "redis://h"), "'Paris' cannot be the name of a place"),
        (("--name", "here", "--broker", "redis://h"), "'here' cannot be the name of a place"),
        (("--name", "paris"), "where is the broker? Give --broker"),
        (("--name", "paris", "--broker", "http://h"), "--broker is not a broker URL"),
        (("--name", "paris", "--broker", "nonsense"), "--broker is not a broker URL"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_words_are_answered_with_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    code, said = outcome(vantage(*words))
    assert code == USAGE
    assert said.startswith(f"porthole: {sentence}")
    assert said.count("\n") == 1
