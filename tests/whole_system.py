"""A whole Porthole for tests: Valkey, Caddy, worker and web server as the all-in-one start runs them, and a Plex.

    with start_system(tmp_path) as system:              # everything runs and /healthz says so
        system.url, system.setup_code                   # the pages, and what claims them
        system.place                                    # the same store, broker, Caddy, net for the test's own use
        system.plex, system.domain                      # the stand-in media server, and a name that leads to Caddy
        system.parts["worker"].kill()                   # every part can be stopped, killed and started again

No supervisor and no beat: nothing restarts by itself, and nothing is swept unless a test does it.
"""

from __future__ import annotations

import json
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from redis.exceptions import RedisError

from tasks import app as celery_app
from tasks import workplace as workplaces
from tasks.signals import has_worker
from tasks.workplace import Workplace, open_workplace
from tests.caddy_process import free_port
from tests.fakes.plex import Plex
from tests.processes import Process, wait_until
from wizard.caddy.client import CaddyClient
from wizard.caddy.config import initial_config
from wizard.core.refusal import Refusal
from wizard.core.verdicts import Trouble
from wizard.data_folder import make_folders
from wizard.embedded.parts import build_parts, initial_path
from wizard.settings import Settings
from wizard.store.owners import setup_code
from wizard.store.session import migrate

DOMAIN = "plex.localhost"
EVERYTHING = ("valkey", "caddy", "worker", "web")
_FOLDERS = ("run", "log", "valkey", "caddy")


@dataclass(frozen=True)
class System:
    """What runs. `parts` are its processes by name, `domain` is a name that leads to its Caddy by itself."""

    settings: Settings
    place: Workplace
    plex: Plex
    parts: Mapping[str, Process]
    domain: str = DOMAIN

    @property
    def url(self) -> str:
        """The pages, without a slash at the end."""
        return self.settings.web_url

    @cached_property
    def setup_code(self) -> str:
        """The code that claims this installation."""
        return setup_code(self.place.database)

    @property
    def claim_url(self) -> str:
        """The link that the start prints."""
        return f"{self.url}/claim?code={self.setup_code}"

    @property
    def public_url(self) -> str:
        """The domain as viewers dial it, without a slash at the end."""
        return f"https://{self.domain}:{self.settings.caddy_https_port}"

    @property
    def caddy(self) -> CaddyClient:
        """The admin API of its Caddy; the process is `parts["caddy"]`."""
        return self.place.caddy

    def access_log(self, domain: str = DOMAIN) -> str:
        """Caddy's access log of one domain, empty when there is none."""
        path = self.settings.caddy_logs / f"access-{domain}.json"
        return path.read_text(errors="replace") if path.exists() else ""

    def states(self) -> dict[str, str]:
        """What /healthz says; empty when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
                body = answer.read()
        except urllib.error.HTTPError as answer:
            body = answer.read()
        except OSError:
            return {}
        return dict(json.loads(body))

    def start(self, *names: str) -> None:
        """Start these parts, or all, and wait until each answers."""
        wanted = names or tuple(self.parts)
        for name in wanted:
            self.parts[name].start()
        for name in wanted:
            wait_until(partial(self._answers, name), f"{name} answers")

    def _answers(self, name: str) -> bool:
        part = self.parts[name]
        assert part.is_running, f"{name} ended:\n{part.log[-3000:]}"
        match name:
            case "valkey":
                return _pings(self.place)
            case "caddy":
                return not isinstance(self.caddy.version(), Trouble)
            case "worker":
                # only after this line it starts nothing more by itself
                return "took stock" in part.log_since_start and has_worker(self.place)
            case _:
                return self.states().get(name) == "ok"


def _pings(place: Workplace) -> bool:
    try:
        return bool(place.redis.ping())
    except RedisError:
        return False


@contextmanager
def start_system(folder: Path, only: tuple[str, ...] = EVERYTHING, **environ: str) -> Iterator[System]:
    """A whole system in `folder`, ended with the block. `only` names the parts to start, `environ` adds settings.

    All parts are there; those not named are started by the test. The process that runs the test queues into the
    broker of the system that was started last; `queue_into` takes it back to an earlier one.
    """
    with ExitStack() as ends:
        short = ends.enter_context(tempfile.TemporaryDirectory(prefix="porthole-"))
        plex = ends.enter_context(Plex())
        settings = _settings(folder, {"XDG_RUNTIME_DIR": short, **environ})
        _prepare(settings)
        place = open_here(settings)
        ends.callback(place.database.close)
        ends.callback(place.redis.close)
        parts = _processes(settings)
        for part in parts.values():
            ends.callback(part.stop)
        system = System(settings, place, plex, parts)
        if only:
            system.start(*only)
        if set(EVERYTHING) <= set(only):
            wait_until(lambda: set(system.states().values()) == {"ok"}, "every part says ok")
        yield system


def open_here(settings: Settings) -> Workplace:
    """The workplace of the test's own process; what it queues from now on goes to this broker."""
    place = open_workplace(settings)
    queue_into(place)
    return place


def queue_into(place: Workplace) -> None:
    """Let this process queue into the broker of `place`, whatever other systems were started in it meanwhile."""
    workplaces._current[:] = [place]
    if celery_app.conf.broker_url == place.settings.broker_url:
        return
    celery_app.conf.broker_url = place.settings.broker_url
    celery_app._pool = None  # Celery keeps connections for the life of a process, which has one broker elsewhere
    celery_app.amqp._producer_pool = None


def _settings(folder: Path, environ: Mapping[str, str]) -> Settings:
    https = str(free_port())
    settings = Settings.read(
        {
            "PORTHOLE_DATA": str(folder),
            "PORTHOLE_LISTEN": f"127.0.0.1:{free_port()}",
            "PORTHOLE_CADDY_HTTP_PORT": str(free_port()),
            "PORTHOLE_CADDY_HTTPS_PORT": https,
            "PORTHOLE_PUBLIC_HTTPS_PORT": https,
            "PORTHOLE_PUBLIC_RESOLVERS": "none",
            "PORTHOLE_STUN_SERVERS": "none",
            "PORTHOLE_ADDRESS_SERVICES": "none",
            **environ,
        }
    )
    assert not isinstance(settings, Refusal), settings.message
    return settings


def _prepare(settings: Settings) -> None:
    assert make_folders(settings) is None
    for name in _FOLDERS:
        (settings.data / name).mkdir(exist_ok=True)
    initial_path(settings).write_text(json.dumps(initial_config(settings.edge)))
    migrate(settings.database_url)


def _processes(settings: Settings) -> dict[str, Process]:
    parts = {part.name: part for part in build_parts(settings, verbose=True)}
    return {
        name: Process(
            name,
            parts[name].command,
            settings.data / "log",
            {**settings.environ(), "PYTHONUNBUFFERED": "1", **dict(parts[name].environ)},
        )
        for name in EVERYTHING
        if name in parts
    }
