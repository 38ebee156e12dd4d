"""The shelf of ways in. The folder is the registry: every module with a `METHOD` is one."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace

from wizard.core.hosts import Listener, ProxyHost
from wizard.core.ways import WaySetup
from wizard.methods.shape import Challenge, Method, Rating, Record

__all__ = ["METHODS", "Challenge", "Method", "Rating", "Record", "choosable", "placed"]


def _load() -> dict[str, Method]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    methods = [module.METHOD for module in modules if hasattr(module, "METHOD")]
    return {method.key: method for method in sorted(methods, key=lambda method: (method.order, method.key))}


METHODS: dict[str, Method] = _load()
"""Every way in by key, in the order to show them."""


def choosable() -> tuple[Method, ...]:
    """The ways in that the wizard offers."""
    return tuple(method for method in METHODS.values() if method.is_choosable)


def placed(host: ProxyHost, setup: WaySetup | None = None) -> ProxyHost:
    """A proxy host with the listener of its way in; one that is not known any more enters like a direct one.

    Without `setup` a host that was placed already stays as it is.
    """
    method = METHODS.get(host.method)
    if method is None:
        return host
    if setup is not None and method.listener_of is not None:
        return replace(host, listener=method.listener_of(setup))
    return host if host.listener != Listener() else replace(host, listener=method.listener)
