"""What each step shows beside its form: options with their facts, warnings, previews."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import request, url_for

from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build
from wizard.caddy.difference import Difference, compare
from wizard.caddy.version import UNKNOWN, Version
from wizard.checks import CHECKS
from wizard.core.domain import Domain
from wizard.core.flow import Answers
from wizard.core.hosts import HERE, Edge, ProxyHost
from wizard.core.verdicts import Trouble
from wizard.media import MEDIA, Media
from wizard.media.shape import Place
from wizard.methods import METHODS, Method, choosable, placed
from wizard.web import connection, servers, servers_view
from wizard.web.caddy_seen import caddy_seen
from wizard.web.guard import keep_no_copy
from wizard.web.help_beside import values_of
from wizard.web.joined import joined
from wizard.web.pictures import capacity
from wizard.web.setup import answers as given
from wizard.web.setup import ways
from wizard.web.setup.certificate import draw_preflight, proofs_of
from wizard.web.setup.forms import picked_in
from wizard.web.speeds import speed_rows
from wizard.web.warnings import warnings_of
from wizard.web.ways_pages import SET_UP

HEADERS_OFF_TITLE = "Remote viewers can count as Local"
HEADERS_OFF_TEXT = (
    "Without these headers {server} sees the address of Caddy for everybody. Limits for remote streams are then "
    "not applied, and one viewer can use all your upload."
)
WEBSOCKET_OFF_TITLE = "Live updates stop"
WEBSOCKET_OFF_TEXT = (
    "Caddy then refuses WebSocket connections. Watch Together, casting and remote control break, and dashboards "
    "and Tautulli stop updating. Playback itself goes on."
)


def _values(answers: Answers) -> dict[str, str]:
    found: dict[str, str] = {}
    if answers.get("upstream"):
        found["upstream"] = given.build_upstream({**answers, "verify": None}).url
    if answers.get("domain"):
        port = _edge(answers).public_https_port
        found |= {"domain": answers["domain"], "custom_url": f"https://{answers['domain']}:{port}"}
    if name := (answers.get("server") or {}).get("name"):
        found["server_name"] = name
    return found


def server(form: Any, answers: Answers) -> Mapping[str, Any]:
    """Step 1: what was found, the kinds, and whether going on without an answer is offered."""
    typed = form.server_url.data or ""
    picked = picked_in(form)
    kept = " ".join(picked) if picked else servers_view.ANOTHER if typed else ""
    chosen = (request.args.get("chosen") if request.method == "GET" else "") or kept
    return {
        "search": servers.open_search(),
        "choices": {
            **servers_view.choices(typed=typed, chosen=chosen),
            "error": next(iter(form.server_choice.errors), ""),
        },
        "stream_url": url_for("servers.stream", where="step", chosen=chosen, typed="1" if typed else None),
        "where": request.path,
        "values": _values(answers),
        "sentences": {media.key: media.sentence for media in MEDIA.values()},
        "may_go_on": getattr(form, "may_go_on", False),
        "suggestion": getattr(form.server_url, "suggestion", ""),
        "in_container": joined().in_container,
        "is_demo": joined().settings.demo,
    }


def route(_form: Any, answers: Answers) -> Mapping[str, Any]:
    """Step 2: every way in with its facts, the recommended one first, and the comparison."""
    where = request.path
    options = ways.ranked_options(ways.situation_of(answers, connection.known_situation()))
    return {
        "values": _values(answers),
        "options": options,
        "recommended": ways.recommended_title(options),
        "fit": ways.fit_form(answers),
        "is_fitted": bool(answers.get("viewers")),
        "asks_consent": [method for method in choosable() if method.consent],
        "columns": ["Way in", "Works on TV apps", "Cost", "Who sees the traffic", "Largest upload"],
        "compared": [_compared(method) for method in METHODS.values()],
        "speeds": speed_rows(METHODS.values(), answers.get("upload_mbps")),
        "server_label": _server_label(answers),
        **connection.open_part(where),
        **connection.told_form(where),
    }


def _compared(method: Method) -> dict[str, Any]:
    ratings = (method.tv_apps, method.cost, method.traffic_seen_by)
    cap = f"{method.upload_cap_mb} MB" if method.upload_cap_mb else "No limit"
    name = method.title if method.is_choosable else f"{method.title} (to get away from)"
    return {
        "name": name,
        "cells": [*({"text": r.words, "dots": r.dots, "of": 4} for r in ratings), cap],
    }


def _server_label(answers: Answers) -> str:
    found = answers.get("server") or {}
    title = MEDIA[answers["media"]].title if answers.get("media") in MEDIA else "Media server"
    parts = [title, found.get("version", ""), f"“{found['name']}”" if found.get("name") else ""]
    return " ".join(part for part in parts if part)


def connect(form: Any, answers: Answers) -> Mapping[str, Any]:
    """Step 3: what the chosen way in needs in DNS and for a certificate."""
    method = METHODS[answers["method"]]
    typed = Domain.parse(form.domain.data or answers.get("domain", "") or "")
    domain = typed if isinstance(typed, Domain) else Domain("plex.example.com")
    edge = _edge(answers)
    form.edge.choices = _edge_choices()
    return {
        "values": _values(answers),
        "method": method,
        "dns_advice": method.advise_dns(domain, next(iter(edge.public_addresses), "")),
        "offers_edges": len(form.edge.choices) > 1,
        "proofs": proofs_of(method),
        "is_local": domain.is_localhost,
        "ports_differ": edge.https_port != edge.public_https_port,
        "edge": edge,
        "way_url": url_for(SET_UP[method.key]) if method.key in SET_UP else "",
        "help_target": "connect#external-domain",
    }


def _edge(answers: Answers) -> Edge:
    """The Caddy that was chosen, else the one of this machine."""
    return joined().place.edges().get(answers.get("edge", HERE), joined().place.edge)


def _edge_choices() -> list[tuple[str, str]]:
    """Every Caddy with a name for people."""
    return [
        (
            edge.name,
            "The Caddy of this machine" if edge.name == HERE else f"{edge.name}, at {edge.public_addresses[0]}",
        )
        for edge in joined().place.edges().values()
    ]


def media(_form: Any, answers: Answers) -> Mapping[str, Any]:
    """Step 4: the group of settings, the limits, and what is known of the server's certificate."""
    kind = MEDIA[answers["media"]]
    values = _values(answers)
    upload, limit = answers.get("upload_mbps"), answers.get("stream_limit_mbps")
    return {
        "values": values,
        "media": kind,
        "custom_url": values["custom_url"],
        "public_url": values["custom_url"].removesuffix(":443"),  # https needs no port then
        "domain": answers["domain"],
        "is_https": answers["upstream"]["scheme"] == "https",
        "certificate": answers.get("certificate"),
        "fingerprint": _fingerprint(answers.get("certificate")),
        "headers_off": (HEADERS_OFF_TITLE, HEADERS_OFF_TEXT.format(server=kind.title)),
        "websocket_off": (WEBSOCKET_OFF_TITLE, WEBSOCKET_OFF_TEXT),
        "capacity": capacity(upload, limit),
        "preview_url": url_for("previews.capacity_bar"),
        "help_target": "plex-mode#what-it-does" if kind.has_plex_mode else "bandwidth-limits#set-limits",
    }


def _fingerprint(certificate: Mapping[str, Any] | None) -> str:
    digest = str((certificate or {}).get("sha256", "")).upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def review(_form: Any, answers: Answers) -> Mapping[str, Any]:
    """Step 5: every answer with a Change link, what will happen, the warnings, and the configuration to read."""
    keep_no_copy()  # the difference may hold lines of sites that are not ours
    host = placed(given.build_host(answers))
    edge = joined().place.edge_of(host)
    caddy = joined().place.caddy_at(edge).version()
    known = UNKNOWN if isinstance(caddy, Trouble) else caddy
    return {
        "values": values_of(host),
        "host": host,
        "groups": review_groups(host, answers),
        "caddyfile": caddyfile([host], edge, known),
        "document": json.dumps(build([host], edge, known, {}).config, indent=2),
        "difference": _difference(host, known),
        "caddy_trouble": caddy if isinstance(caddy, Trouble) else None,
        "warnings": warnings_of(host),
        "preflight": draw_preflight(host),
        "unanswered": bool(answers.get("goes_on")),
        "what_happens": _what_happens(host, caddy),
        "instructions": _instructions(host, edge),
        "media": MEDIA[host.upstream.media],
    }


def _difference(host: ProxyHost, caddy: Version) -> Difference | None:
    """What applying would change in Caddy; None while it does not answer."""
    place = joined().place
    edge = place.edge_of(host)
    running = place.caddy_at(edge).get_config()
    if isinstance(running, Trouble):
        return None
    others = [one for one in place.hosts_at(edge) if one.key != host.key]
    return compare(running.config, build([*others, host], edge, caddy, running.config).config)


def _instructions(host: ProxyHost, edge: Edge) -> Any:
    kind: Media = MEDIA[host.upstream.media]
    return kind.instructions(Place(host, edge, caddy_seen(host)))


def _what_happens(host: ProxyHost, caddy: Version | Trouble) -> list[str]:
    running = "" if isinstance(caddy, Trouble) else f" (Caddy {caddy})"
    return [
        f"The new configuration is validated first, in a process of its own{running}.",
        f"Caddy gets the proxy host {host.domain}. Hosts that are served already keep running.",
        "If a host that worked no longer does, the last good configuration is put back by itself.",
        f"{_count_checks(host)} checks run, which takes about 20 seconds. You see each result as it lands.",
    ]


def _count_checks(host: ProxyHost) -> int:
    from tasks.queueing import USUAL  # noqa: PLC0415 -- only this sentence needs it

    return sum(CHECKS[name].applies(host) for name in USUAL)


def review_groups(host: ProxyHost, answers: Answers) -> list[dict[str, Any]]:
    """The summary of a proxy host: three groups of rows, each row knowing the step that changes it."""
    method = METHODS.get(host.method)
    limit = f"{host.stream_limit_mbps:g} Mbit/s" if host.stream_limit_mbps else "No limit"
    upload = f"{host.upload_mbps:g} Mbit/s" if host.upload_mbps else ""
    rows = [
        ("Media server", "server", "Media server", _server_label(answers)),
        ("Media server", "server", "Home address", host.upstream.url),
        ("Way in", "route", "Way in", method.title if method else host.method),
        ("Way in", "connect", "External domain", host.domain.name),
        ("Media server settings", "media", "Plex Mode", _on(host.plex_mode)),
        ("Media server settings", "media", "Forward client IP headers", _on(host.forward_client_ip)),
        ("Media server settings", "media", "WebSocket support", _on(host.websocket)),
        ("Media server settings", "media", "Upload speed", upload),
        ("Media server settings", "media", "Limit for one remote stream", limit),
    ]
    if host.upstream.scheme == "https":
        rows.insert(7, ("Media server settings", "media", "Its certificate", VERIFY_WORDS[host.upstream.verify.kind]))
    titles = list(dict.fromkeys(row[0] for row in rows))
    return [
        {
            "title": title,
            "rows": [{"step": step, "word": word, "text": text} for of, step, word, text in rows if of == title],
        }
        for title in titles
    ]


VERIFY_WORDS = {
    "system": "Verified by a public authority",
    "server-name": "Verified by a public authority, for another name",
    "pinned": "Only the certificate it showed when you chose it",
    "off": "Not verified",
}


def _on(value: bool) -> str:
    return "On" if value else "Off"
