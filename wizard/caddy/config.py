"""Proxy hosts + Caddy's version + the configuration already there -> the configuration to load. Pure.

Everything of ours is taken out of the current configuration and put in anew, so building twice gives
the same. What is hand-written stays as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from wizard.caddy.certificates import add_certificate_logs, is_logged
from wizard.caddy.document import (
    ID,
    PREFIX,
    Document,
    child,
    has_foreign_servers,
    is_ours,
    prune,
    servers_of,
)
from wizard.caddy.issuer import add_issuer, remove_issuer
from wizard.caddy.logs import DEFAULT, add_logs, remove_logs
from wizard.caddy.redaction import is_redacted
from wizard.caddy.servers import (
    Group,
    consent_to,
    group_hosts,
    join_server,
    listening_on,
    own_key,
    own_server,
    remove_from_server,
    server_options,
    unmet_options,
)
from wizard.caddy.version import UNKNOWN, Version
from wizard.core.hosts import Edge, ProxyHost

SOCKET_MODE = "0660"  # Caddy's own default of 0200 lets nobody but its own user in


@dataclass(frozen=True, slots=True)
class Note:
    """Something the owner may want to know about a configuration that is fine as far as it goes."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Built:
    """A whole configuration document, and what is missing in it because it is not ours to change."""

    config: Document
    notes: tuple[Note, ...] = ()


def build(hosts: Sequence[ProxyHost], edge: Edge, version: Version, current: Document | None) -> Built:
    """The document to load. `current` is the running configuration, None or {} when there is none.

    No hosts: everything of ours is removed. Never changes its arguments.
    """
    config = remove_ours(current or {})
    config["admin"] = config.get("admin") or admin_block(edge)
    own = not has_foreign_servers(config)
    groups, contradicting = group_hosts(hosts, edge)
    notes = [_contradiction(host) for host in contradicting]
    if hosts and own:
        child(config, "apps", "http").update(http_port=edge.http_port, https_port=edge.https_port)
    hand_written = dict(servers_of(config))
    for group in groups:
        notes += _place(config, group, edge, version, hand_written)
    if any(host.domain.is_localhost and host.listener.tls for host in hosts):
        _keep_authority_private(config)
    add_issuer(config, hosts, edge, own=own)
    if own or hosts:
        names = [host.domain.name for group in groups for host in group.hosts]
        own_log = own and DEFAULT not in config.get("logging", {}).get("logs", {})
        add_logs(config, edge.log_folder, names, own=own_log, consent=edge.consent)
        if is_logged(hosts, edge.log_folder):
            add_certificate_logs(config, edge.log_folder, own=own_log)
        notes += _log_notes(config, edge)
    return Built(config, tuple(notes))


def initial_config(edge: Edge) -> Document:
    """What a Caddy that is all ours starts with: its admin endpoint, a redacted default log, nothing served."""
    return build((), edge, UNKNOWN, None).config


def remove_ours(current: Document) -> Document:
    """A copy of a configuration without anything of ours."""
    config = copy.deepcopy(current)
    servers = servers_of(config)
    for key in [key for key, server in servers.items() if is_ours(server)]:
        del servers[key]
    for server in servers.values():
        remove_from_server(server)
    http = config.get("apps", {}).get("http")
    if isinstance(http, dict) and not servers and (set(http) & {"http_port", "https_port"}):
        for name in ("http_port", "https_port"):
            http.pop(name, None)
        prune(config, "apps", "http", "servers")
    if is_ours(config.get("apps", {}).get("pki")):
        del config["apps"]["pki"]
        prune(config, "apps")
    remove_issuer(config)
    remove_logs(config)
    return config


def admin_block(edge: Edge) -> Document:
    """The admin endpoint as the edge names it. A posted document without one can move the endpoint (trap A)."""
    if edge.admin.startswith("unix/"):
        path = edge.admin if "|" in edge.admin else f"{edge.admin}|{SOCKET_MODE}"
        return {"listen": path}
    return {"listen": urlsplit(edge.admin).netloc or edge.admin}


def _place(
    config: Document, group: Group, edge: Edge, version: Version, hand_written: dict[str, Document]
) -> list[Note]:
    key = listening_on(hand_written, group)
    if key is None:
        servers = child(config, "apps", "http", "servers")
        key = own_key(group, servers)
        servers[key] = own_server(group, edge, version, key)
        return []
    server = hand_written[key]
    join_server(server, group, edge)
    options = server_options(group, version)
    if edge.consent:
        consent_to(server, key, options)
    return _option_notes(key, server, group, options)


def _option_notes(key: str, server: Document, group: Group, options: Document) -> list[Note]:
    unmet = unmet_options(server, options)
    notes = []
    if "write_idle_timeout" in unmet:
        notes.append(
            Note(
                "shared-stall-timeout",
                f"The server {key} of your Caddy cuts a player that pauses for a minute. "
                "Its option write_idle is yours to set, or let us set it",
            )
        )
    if set(unmet) - {"write_idle_timeout"}:
        hops = ", ".join(group.listener.trusted)
        notes.append(
            Note(
                "shared-trusted-proxies",
                f"The server {key} of your Caddy does not trust {hops}, so every viewer who comes that way "
                "looks like one address",
            )
        )
    if group.listener.tls and server.get("automatic_https", {}).get("disable"):
        notes.append(
            Note(
                "shared-no-certificates",
                f"The server {key} of your Caddy has automatic HTTPS switched off, so it gets no certificates",
            )
        )
    return notes


def _log_notes(config: Document, edge: Edge) -> list[Note]:
    notes = []
    default = config.get("logging", {}).get("logs", {}).get(DEFAULT, {})
    if not is_redacted(default):
        notes.append(
            Note(
                "shared-default-log",
                "The default log of your Caddy is not ours: when a media server fails to answer, "
                "the line written there can hold access tokens",
            )
        )
    if not edge.log_folder:
        notes.append(Note("no-access-log", "Caddy writes no access log, so traffic cannot be shown"))
    return notes


def _contradiction(host: ProxyHost) -> Note:
    sentence = f"{host.domain} enters where another host has other rules, and the rules of that one count"
    return Note("listener-contradiction", sentence)


def _keep_authority_private(config: Document) -> None:
    apps = child(config, "apps")
    if "pki" not in apps:  # the root of Caddy's own authority stays out of the machine's trust store
        authorities = {"local": {"install_trust": False}}
        apps["pki"] = {ID: f"{PREFIX}authority", "certificate_authorities": authorities}
