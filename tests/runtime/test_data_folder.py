"""The data folder: its folders, its sockets' folder, and the key that signs sessions."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wizard.core.refusal import Refusal
from wizard.data_folder import load_secret_key, make_folders, socket_paths
from wizard.settings import Settings


def settings_for(data: Path, **environ: str) -> Settings:
    settings = Settings.read({"PORTHOLE_DATA": str(data), **environ})
    assert isinstance(settings, Settings), settings
    return settings


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room for sockets, which pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        yield Path(folder)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_are_made_for_this_user_only(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "new" / "data")
    assert make_folders(settings) is None
    assert mode_of(settings.data) == 0o700
    assert settings.caddy_logs.is_dir()
    assert all(path.parent.is_dir() for path in socket_paths(settings))


def test_making_folders_again_changes_nothing(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "data")
    make_folders(settings)
    settings.data.chmod(0o750)
    assert make_folders(settings) is None
    assert mode_of(settings.data) == 0o750


def test_a_data_folder_that_is_a_file_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    refusal = make_folders(settings_for(tmp_path / "data"))
    assert isinstance(refusal, Refusal)
    assert "PORTHOLE_DATA" in refusal.message


def test_a_deep_data_folder_gets_a_private_folder_for_its_sockets(tmp_path: Path, short: Path) -> None:
    settings = settings_for(tmp_path / ("d" * 100), XDG_RUNTIME_DIR=str(short))
    assert make_folders(settings) is None
    (folder,) = {path.parent for path in socket_paths(settings)}
    assert folder.parent == short
    assert mode_of(folder) == 0o700
    assert make_folders(settings) is None


def test_a_socket_folder_that_others_can_enter_is_refused(tmp_path: Path, short: Path) -> None:
    settings = settings_for(tmp_path / ("d" * 100), XDG_RUNTIME_DIR=str(short))
    (folder,) = {path.parent for path in socket_paths(settings)}
    folder.mkdir()
    folder.chmod(0o755)
    refusal = make_folders(settings)
    assert isinstance(refusal, Refusal)
    assert str(folder) in refusal.message


def test_a_socket_folder_that_is_somebody_elses_link_is_refused(tmp_path: Path, short: Path) -> None:
    settings = settings_for(tmp_path / ("d" * 100), XDG_RUNTIME_DIR=str(short))
    (folder,) = {path.parent for path in socket_paths(settings)}
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert isinstance(make_folders(settings), Refusal)


def test_addresses_given_from_outside_are_not_our_sockets(tmp_path: Path) -> None:
    given = {"PORTHOLE_CADDY_ADMIN": "unix//run/caddy.sock", "PORTHOLE_BROKER_URL": "redis://redis/0"}
    assert socket_paths(settings_for(tmp_path, **given)) == ()


def test_the_secret_key_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    key = load_secret_key(settings)
    assert len(key) >= 32
    assert mode_of(tmp_path / "secret-key") == 0o600
    assert load_secret_key(settings) == key
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret-key"]


def test_a_secret_key_that_was_set_wins_and_makes_no_file(tmp_path: Path) -> None:
    assert load_secret_key(settings_for(tmp_path, PORTHOLE_SECRET_KEY="k" * 40)) == "k" * 40
    assert not (tmp_path / "secret-key").exists()


def test_processes_that_start_together_agree_on_one_secret_key(tmp_path: Path) -> None:
    program = (
        "import os; from wizard.settings import Settings; from wizard.data_folder import load_secret_key;"
        "print(load_secret_key(Settings.read(os.environ)))"
    )
    environ = {**os.environ, "PORTHOLE_DATA": str(tmp_path)}
    starts = [
        subprocess.Popen([sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    keys = {start.communicate(timeout=60)[0] for start in starts}
    assert len(keys) == 1
    assert keys != {""}


def test_a_folder_this_user_may_not_write_to_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    # root may write everywhere, so it asks as nobody
    program = (
        "import os; from wizard.settings import Settings; from wizard.data_folder import make_folders;"
        "os.getuid() or os.setuid(65534); print(make_folders(Settings.read(os.environ)).message)"
    )
    environ = {**os.environ, "PORTHOLE_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)
    assert "Set PORTHOLE_DATA to a folder that this user may write to." in done.stdout
