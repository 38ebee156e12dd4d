"""One Porthole for one data folder, and nothing left behind by an earlier one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import wait_until
from wizard.core.refusal import Refusal
from wizard.embedded.launch import started_ticks
from wizard.embedded.tenancy import end_leftovers, take_lock

LAUNCH = Path(__file__).resolve().parents[2] / "wizard" / "embedded" / "launch.py"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
)


def launch(parent: int, pidfile: Path, *program: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", "-S", str(LAUNCH), str(parent), str(pidfile), "0", "GREETING=hello there", "--"]
    return subprocess.Popen([*command, *program], stdout=subprocess.PIPE, text=True)


def test_the_second_one_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    refusal = take_lock(tmp_path)
    assert isinstance(lock, int)
    assert isinstance(refusal, Refusal)
    assert refusal.message.startswith(f"Porthole is already running with the data folder {tmp_path} ")
    assert f"(process {os.getpid()})" in refusal.message
    os.close(lock)


def test_the_lock_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    first = take_lock(tmp_path)
    assert isinstance(first, int)
    os.close(first)
    second = take_lock(tmp_path)
    assert isinstance(second, int)
    os.close(second)


def test_launching_becomes_the_program_and_notes_which_process_it_is(tmp_path: Path) -> None:
    pidfile = tmp_path / "part.pid"
    show = "import os; print(os.getpid(), os.environ['GREETING'])"
    with launch(os.getpid(), pidfile, sys.executable, "-c", show) as part:
        output, _ = part.communicate(timeout=30)
    assert output.split(maxsplit=1) == [str(part.pid), "hello there\n"]
    assert pidfile.read_text().split()[0] == str(part.pid)


def test_a_part_whose_parent_is_already_gone_does_not_start(tmp_path: Path) -> None:
    with launch(1, tmp_path / "part.pid", sys.executable, "-c", "print('started')") as part:
        output, _ = part.communicate(timeout=30)
    assert (output, part.returncode) == ("", 1)


def test_a_part_ends_when_its_parent_is_killed_outright(tmp_path: Path) -> None:
    pidfile = tmp_path / "part.pid"
    parent_program = (
        "import os, subprocess, sys, time;"
        f"launch = [sys.executable, '-I', '-S', {str(LAUNCH)!r}, str(os.getpid()), {str(pidfile)!r}, '0', '--'];"
        "subprocess.Popen([*launch, sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent_program]) as parent:
        wait_until(lambda: pidfile.exists() and pidfile.read_text().endswith("\n"), "the part was launched")
        pid = int(pidfile.read_text().split()[0])
        parent.kill()
    wait_until(lambda: not is_running(pid), "the part ended with its parent")


def is_running(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_what_an_earlier_one_left_behind_is_ended_even_when_it_will_not(tmp_path: Path) -> None:
    pidfile = tmp_path / "stubborn.pid"
    with launch(os.getpid(), pidfile, sys.executable, "-c", STUBBORN) as part:
        assert part.stdout is not None
        assert part.stdout.readline() == "up\n"
        assert end_leftovers(tmp_path, wait_seconds=0.5) == ["stubborn"]
        assert part.wait(10) == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["{pid} 1", "1 1", "", "no number", "{pid}", "99999999 5"])
def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.pid").write_text(content.format(pid=os.getpid()))
    assert end_leftovers(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_process_is_told_apart_by_when_it_started() -> None:
    assert started_ticks(os.getpid()).isdigit()
    assert started_ticks(99_999_999) == ""
