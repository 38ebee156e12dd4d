"""`porthole vantage`: look at proxy hosts from this machine, for a Porthole that runs elsewhere. No database."""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError

from tasks.elsewhere import Outpost
from tasks.stations import broker_now, find_station, own_machine
from wizard.checks import CHECKS
from wizard.core.refusal import Refusal
from wizard.core.vantages import is_vantage_name
from wizard.core.wire import Station
from wizard.net.door import Net
from wizard.settings import Settings
from wizard.verbs.saying import UNKNOWN, USAGE, complain, say

_BROKER = "PORTHOLE_BROKER_URL"
_PAUSES = (1, 2, 4, 8, 15, 30)


def vantage(environ: Mapping[str, str], typed: argparse.Namespace) -> int:
    """Serve questions until Ctrl-C; gives the exit code."""
    if not is_vantage_name(typed.name):
        return complain(
            f"{typed.name!r} cannot be the name of a place. Use up to 32 lower case letters, digits and hyphens, "
            "but not here, probes or phone",
            USAGE,
        )
    settings = _settings(environ, typed.broker)
    if isinstance(settings, Refusal):
        return complain(settings.message, USAGE)
    outpost = Outpost(
        _station(typed.name),
        settings.broker_url,
        settings.redis_url,
        _say_with_time,
        Net(nameservers=tuple(typed.nameserver)),
    )
    refused = _arrive(outpost)
    if refused is not None:
        return complain(refused.message, UNKNOWN)
    code = outpost.serve()
    _say_with_time("Stopped")
    return code


def _settings(environ: Mapping[str, str], broker: str) -> Settings | Refusal:
    """The settings with the broker from the command line, when one was given there."""
    given = {name: text for name, text in environ.items() if not (broker and name.startswith(_BROKER))}
    settings = Settings.read({**given, _BROKER: broker} if broker else given)
    if isinstance(settings, Refusal):
        return Refusal(settings.message.replace(_BROKER, "--broker")) if broker else settings
    if _BROKER not in settings.given:
        return Refusal(
            f"where is the broker? Give --broker redis://:PASSWORD@HOST:6379/0, or set {_BROKER} or {_BROKER}_FILE"
        )
    return settings


def _station(name: str) -> Station:
    travelling = tuple(check for check in CHECKS if CHECKS[check].travels)
    return Station(
        name, metadata.version("porthole"), travelling, machine=own_machine(), instance=secrets.token_hex(8)
    )


def _arrive(outpost: Outpost) -> Refusal | None:
    """Wait for the broker and write ourselves down; a Refusal for what waiting does not help."""
    where = _shown(outpost.redis_url)
    for pause in _pauses():
        try:
            with Redis.from_url(outpost.redis_url, socket_timeout=10, socket_connect_timeout=5) as redis:
                _warn_of_twin(redis, outpost.station)
            outpost.arrive()
        except (AuthenticationError, AuthorizationError, ResponseError):
            return Refusal(f"the broker at {where} does not let us in. Check user and password in its URL")
        except (RedisError, OSError) as problem:
            _say_with_time(f"Cannot reach the broker at {where} ({problem}). Trying again in {pause} s")
            time.sleep(pause)
        else:
            _say_with_time(f"Connected to the broker at {where}")
            return None
    return None


def _warn_of_twin(redis: Redis, own: Station) -> None:
    other = find_station(redis, own.name)
    if other is not None and other.is_alive(broker_now(redis)):
        _say_with_time(f"Another process looks as {own.name}, too. Give each its own name, unless that one has ended")


def _pauses() -> Iterator[int]:
    yield from _PAUSES
    while True:
        yield _PAUSES[-1]


def _shown(url: str) -> str:
    """Where the broker is, without the password."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname}:{parts.port or 6379}"


def _say_with_time(text: str) -> None:
    say(f"{time.strftime('%H:%M:%S')}  {text}")
