"""The shelf of media servers. The folder is the registry: every module with a `SERVER` is one."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace

from wizard.core.hosts import Upstream
from wizard.media.asking import SECONDS, identify, identify_at, identify_first
from wizard.media.shape import Identity, Instruction, Media, NotThis, Place
from wizard.net.door import Net

__all__ = [
    "MEDIA",
    "Identity",
    "Instruction",
    "Media",
    "NotThis",
    "Place",
    "identify",
    "identify_any",
    "identify_at",
    "redacted_names",
]


def _load() -> dict[str, Media]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    servers = [module.SERVER for module in modules if hasattr(module, "SERVER")]
    return {server.key: server for server in sorted(servers, key=lambda server: (server.order, server.key))}


MEDIA: dict[str, Media] = _load()
"""Every media server by key, in the order to show and to try them."""


def identify_any(net: Net, upstream: Upstream, *, token: str = "", seconds: float = SECONDS) -> Identity | NotThis:
    """Who answers at an upstream: the kind that recognises its own, or NotThis with what the thing calls itself.

    The kind that takes any answer is asked only for that name, so it never hides a wrong address.
    """
    named = [media for media in MEDIA.values() if media.key != "other"]
    found = identify_first(net, upstream, named, token=token, seconds=seconds)
    if isinstance(found, Identity) or found.fault is not None:
        return found
    page = identify(net, MEDIA["other"], upstream, seconds=seconds)
    called = page.name if isinstance(page, Identity) else page.called
    return replace(found, title=called or found.title)


def redacted_names() -> tuple[str, ...]:
    """The header and query names of all kinds that carry a token, each once, sorted."""
    return tuple(sorted({name for server in MEDIA.values() for name in server.redacted}, key=str.lower))
