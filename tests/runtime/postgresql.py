"""A real PostgreSQL from the Debian package, started for a test on a loopback port with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.fakes.ports import free_port
from tests.processes import wait_until


def programs_folder() -> Path:
    """Where `initdb` and `postgres` are; skips the test when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(shutil.which("initdb") or "")]
    if not found[-1].is_file():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].resolve().parent


@contextmanager
def running_postgresql(user: str, password: str, database: str) -> Iterator[str]:
    """Run a server with one user and one empty database; gives its `host:port`."""
    programs = programs_folder()
    account = _unprivileged()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="postgresql-") as name:
        folder = Path(name)
        (folder / "password").write_text(password)
        if account is not None:
            for path in (folder, folder / "password"):
                shutil.chown(path, account, -1)
        _run_initdb(programs, folder, user, account)
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
        command = [str(programs / "postgres"), "-D", str(folder / "cluster")]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, user=account, stdout=log, stderr=log, cwd=folder) as server,
        ):
            try:
                _create_database(f"postgresql://{user}:{password}@127.0.0.1:{port}/postgres", database)
                yield f"127.0.0.1:{port}"
            finally:
                server.send_signal(signal.SIGINT)  # ends without waiting for those still connected
                server.wait(30)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: the account to use in its place, None when this is not root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _run_initdb(programs: Path, folder: Path, user: str, account: str | None) -> None:
    command: list[str | Path] = [
        *(programs / "initdb", "-D", folder / "cluster", "--username", user, "--pwfile", folder / "password"),
        *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
    ]
    done = subprocess.run(command, user=account, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _create_database(url: str, database: str) -> None:
    def is_created() -> bool:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                connection.execute(f'create database "{database}"'.encode())
        except psycopg.OperationalError:  # not listening yet
            return False
        return True

    wait_until(is_created, "PostgreSQL answers")
