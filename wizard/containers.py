"""What the containers of docker-compose.yml run: `python -m wizard.containers prepare FOLDER|web|worker|beat|health`.

The same commands as in the all-in-one start, each in the foreground; whoever runs containers supervises them.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from wizard.core.refusal import Refusal
from wizard.embedded.parts import beat_command, web_command, worker_command
from wizard.settings import Settings

_DATABASE_WAIT_SECONDS = 60
_NEEDED_FOR_PAGES = ("web", "database", "broker")


def prepare(settings: Settings, folder: Path) -> None:
    """Make once what containers share: a database password with its URL in `folder`, and Caddy's first configuration.

    Readable by our group, which the database's container is put into. What exists is kept.
    """
    from wizard.caddy.config import initial_config  # noqa: PLC0415 -- only this verb needs it

    os.umask(0o027)
    if not (folder / "database-url").exists():
        password = secrets.token_hex(24)
        (folder / "postgres-password").write_text(password)
        (folder / "database-url").write_text(f"postgresql://porthole:{password}@postgres:5432/porthole")
    settings.caddy_logs.mkdir(parents=True, exist_ok=True)
    initial = settings.caddy_logs.parent / "initial.json"
    initial.write_text(json.dumps(initial_config(settings.edge), indent=1))


def run(settings: Settings, verb: str) -> None:
    """Bring the database to the newest layout, waiting for its server, then become the part. Does not return."""
    _migrate(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    if verb == "web":
        print(_link(settings), flush=True)
    commands = {
        "web": web_command(settings.listen),
        "worker": worker_command(),
        "beat": beat_command(settings.data / "beat-schedule"),
    }
    command = commands[verb]
    os.execv(command[0], command)  # noqa: S606 - a program and its arguments


def _migrate(settings: Settings) -> None:
    from wizard.store.session import migrate, open_database  # noqa: PLC0415 -- see prepare

    database = open_database(settings.database_url)
    deadline = time.monotonic() + _DATABASE_WAIT_SECONDS
    while not database.is_alive() and time.monotonic() < deadline:
        time.sleep(0.5)
    database.close()
    migrate(settings.database_url)


def _link(settings: Settings) -> str:
    from wizard.store.owners import is_claimed, setup_code  # noqa: PLC0415 -- see prepare
    from wizard.store.session import open_database  # noqa: PLC0415 -- see prepare

    database = open_database(settings.database_url)
    try:
        claim = "" if is_claimed(database) else f"claim?code={setup_code(database)}"
    finally:
        database.close()
    return f"Open {settings.web_url}/{claim}"


def is_healthy(settings: Settings) -> bool:
    """Whether the pages of this container answer, and what they stand on: a worker or Caddy may be away meanwhile."""
    try:
        with urllib.request.urlopen(f"{settings.web_url}/healthz", timeout=5) as answer:  # noqa: S310 - our own pages
            states = json.load(answer)
    except urllib.error.HTTPError as answer:
        states = json.load(answer)
    except OSError:
        return False
    return all(states.get(part) == "ok" for part in _NEEDED_FOR_PAGES)


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """Run one verb; gives an exit code only when the verb does not become another program."""
    settings = Settings.read(environ)
    if isinstance(settings, Refusal):
        sys.stderr.write(f"porthole: {settings.message}\n")
        return 2
    match arguments:
        case ["prepare", folder]:
            prepare(settings, Path(folder))
            return 0
        case ["health"]:
            return 0 if is_healthy(settings) else 1
        case ["web" | "worker" | "beat" as verb]:
            run(settings, verb)
    sys.stderr.write("porthole: say prepare FOLDER, web, worker, beat or health.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
