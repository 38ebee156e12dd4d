"""A Caddy configuration as JSON, and how we recognise what in it is ours. Pure.

Everything we own carries `@id` with our prefix, or a logger name with it. Nothing else is ours.
"""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

ID = "@id"
PREFIX = "porthole-"
CONSENTED = f"{PREFIX}options:"  # on a hand-written server: which of its options are ours
ECHO_PATH = "/.well-known/porthole/*"


def is_ours(value: object) -> bool:
    """True for a JSON object that carries our `@id` (not for a hand-written server with options of ours)."""
    return isinstance(value, dict) and str(value.get(ID, "")).startswith(PREFIX) and not has_consented(value)


def has_consented(value: Document) -> bool:
    """True for a hand-written server that has options of ours, set with its owner's consent."""
    return str(value.get(ID, "")).startswith(CONSENTED)


def servers_of(config: Document) -> dict[str, Document]:
    """The HTTP servers by key; a fresh empty dictionary when there are none."""
    found = config.get("apps", {}).get("http", {}).get("servers")
    return found if isinstance(found, dict) else {}


def has_foreign_servers(config: Document) -> bool:
    """True when somebody else's HTTP server is in this configuration: the Caddy is shared."""
    return any(not is_ours(server) for server in servers_of(config).values())


def child(parent: Document, *path: str) -> Document:
    """The object at a path of keys, made on the way when missing."""
    for key in path:
        if not isinstance(parent.get(key), dict):
            parent[key] = {}
        parent = parent[key]
    return parent


def prune(parent: Document, *path: str) -> None:
    """Delete the object at a path when it is empty, and then its parents while they are empty."""
    if not path or not isinstance(parent.get(path[0]), dict):
        return
    prune(parent[path[0]], *path[1:])
    if not parent[path[0]]:
        del parent[path[0]]


def logger_name(domain: str) -> str:
    """The name of a host's access logger.

    Dots would nest loggers (`a.b` also collects `a.b.c`), and a domain never holds an underscore.
    """
    return PREFIX + domain.replace(".", "_")


def access_logger(domain: str) -> str:
    """The full name under which Caddy emits that host's access lines."""
    return f"http.log.access.{logger_name(domain)}"


def error_logger(domain: str) -> str:
    """The full name under which Caddy emits that host's error lines (measured on 2.11.7 and 2.11.4)."""
    return f"http.log.error.{logger_name(domain)}"
