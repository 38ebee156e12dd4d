"""The all-in-one start: everything that has to be so before supervisor takes over, then supervisor itself."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from wizard.caddy.config import initial_config
from wizard.core.refusal import Refusal
from wizard.data_folder import keep_decided, make_folders, socket_paths
from wizard.embedded.parts import Part, autosave_path, build_parts, greeting_path, initial_path, tunnel_part
from wizard.embedded.ports import choose_ports, refuse_listen
from wizard.embedded.supervisor_conf import render
from wizard.embedded.tenancy import end_leftovers, take_lock
from wizard.settings import Settings
from wizard.settings_table import PREFIX
from wizard.store.owners import is_claimed, setup_code
from wizard.store.session import migrate, open_database

_FOLDERS = ("run", "log", "valkey", "beat", "caddy")


@dataclass(frozen=True, slots=True)
class Extras:
    """What somebody adds to the usual parts: further ones, and a notice shown with the greeting."""

    parts: tuple[Part, ...] = ()
    notice: str = ""


def _no_extras(_: Settings) -> Extras | Refusal:
    return Extras()


def up(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    verbose: bool = False,
    extras: Callable[[Settings], Extras | Refusal] = _no_extras,
) -> Refusal:
    """Start everything and stay in the foreground until a signal ends it: returns only when it cannot start.

    This process becomes supervisor (exec), so it keeps its id and the lock on the data folder. `environ` is what
    the parts inherit beside the settings. `extras` is asked once ports are known, before anything is started.
    """
    os.umask(0o077)
    if (refused := make_folders(settings)) is not None:
        return refused
    lock = take_lock(settings.data)
    if isinstance(lock, Refusal):
        return lock
    configured = _configure(settings, verbose=verbose, extras=extras)
    if not isinstance(configured, Refusal):
        _become_supervisor(configured, environ)
    os.close(lock)
    return configured


def _configure(
    settings: Settings, *, verbose: bool, extras: Callable[[Settings], Extras | Refusal]
) -> Settings | Refusal:
    """Write down everything supervisor needs. Returns the settings as they were decided; call under the lock."""
    ready = _prepare(settings)
    if isinstance(ready, Refusal):
        return ready
    settings, port_notice = ready
    extra = extras(settings)
    if isinstance(extra, Refusal):
        return extra
    notice = "\n".join(filter(None, (port_notice, extra.notice)))
    greeting_path(settings).write_text(_greeting(settings, notice))
    keep_decided(settings)
    parts = (*build_parts(settings, verbose=verbose), tunnel_part(), *extra.parts)
    _configuration_path(settings).write_text(render(parts, os.getpid(), verbose=verbose))
    return settings


def _configuration_path(settings: Settings) -> Path:
    return settings.data / "run" / "supervisord.conf"


def _become_supervisor(settings: Settings, environ: Mapping[str, str]) -> NoReturn:
    os.chdir(settings.data)
    files = (_configuration_path(settings), autosave_path(settings))
    command = [sys.executable, "-P", "-m", "wizard.embedded.supervise", *map(str, files)]
    os.execve(sys.executable, command, _environ(settings, environ))  # noqa: S606 - a program and its arguments


def _prepare(settings: Settings) -> tuple[Settings, str] | Refusal:
    for folder in _FOLDERS:
        (settings.data / folder).mkdir(exist_ok=True)
    end_leftovers(settings.data / "run")
    for path in socket_paths(settings):
        path.unlink(missing_ok=True)
    if (refused := refuse_listen(settings)) is not None:
        return refused
    notice = ""
    if "PORTHOLE_CADDY_ADMIN" not in settings.given:
        ports = choose_ports(settings)
        if isinstance(ports, Refusal):
            return ports
        settings, notice = settings.with_ports(ports.http, ports.https), ports.notice
        _prepare_caddy(settings)
    migrate(settings.database_url)
    return settings, notice


def _prepare_caddy(settings: Settings) -> None:
    initial = initial_config(settings.edge)
    initial_path(settings).write_text(json.dumps(initial, indent=1))
    autosave = autosave_path(settings)
    if not can_resume(autosave, settings, initial):
        # what Caddy would resume answers elsewhere than we will ask; the worker loads the proxy hosts again
        autosave.replace(autosave.with_suffix(".json.before"))


def can_resume(autosave: Path, settings: Settings, initial: Mapping[str, object]) -> bool:
    """Whether the kept configuration, if there is one, has the admin address and the ports of these settings."""
    try:
        kept = json.loads(autosave.read_text())
        http = kept.get("apps", {}).get("http", {})
        ports = (http.get("http_port", 80), http.get("https_port", 443)) if http else None
    except FileNotFoundError:
        return True
    except (ValueError, AttributeError):  # not JSON, or not a configuration
        return False
    wanted = (settings.caddy_http_port, settings.caddy_https_port)
    return kept.get("admin") == initial.get("admin") and ports in {None, wanted}


def _greeting(settings: Settings, notice: str) -> str:
    database = open_database(settings.database_url)
    try:
        claim = "" if is_claimed(database) else f"/claim?code={setup_code(database)}"
    finally:
        database.close()
    return (
        f"\nPorthole is running.\n\n  Open   {settings.web_url}{claim or '/'}\n  Data   {settings.data}\n"
        "  Stop   Ctrl-C\n" + (f"\n{notice}\n" if notice else "")
    )


def _environ(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """What the parts inherit: everything but settings as it is, and every setting as it was decided here."""
    others = {name: value for name, value in environ.items() if not name.startswith(PREFIX)}
    return {**others, **settings.environ(), "PYTHONUNBUFFERED": "1"}
