"""The one-time page on a media domain that a phone opens: what is asked, how it goes, what came of it.

Caddy shows it to the internet, so it says nothing of this app, its owner or the home, and without an open link
there is only a plain 404. A look at it takes nothing away: a messenger's preview looks, a person presses Start.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from wizard import visiting
from wizard.core.echo import PEER_HEADER
from wizard.core.visits import HOLD_SECONDS, Arrived, Visit
from wizard.store import hosts, tickets, visits
from wizard.store.hosts import SavedHost
from wizard.web.browsers import browser_name
from wizard.web.guard import public, takes_ticket
from wizard.web.joined import joined
from wizard.web.phone_view import ending, lines
from wizard.web.viewers import asked_name

phone = Blueprint("phone", __name__)

LINK = f"{tickets.PREFIX}/visit/<word:link>"
KEY = f"{tickets.PREFIX}/visiting/<word:key>"
_FILES = {"page.css": ("phone.css", "text/css"), "page.js": ("phone.js", "text/javascript")}
_LONGEST_HEADER = 200

Answer = TypeVar("Answer", bound=AnyResponse)


@phone.get(LINK)
@public
def ask(link: str) -> Response:
    """What this is about, and the Start button; or that somebody else was first."""
    visit, saved = of_link(link)
    if visit.started_at is not None:
        return _page("phone/used.html", 410, saved)
    if request.method == "GET":
        visits.note_opened(joined().database, link)
    return _page("phone/ask.html", 200, saved)


@phone.post(LINK)
@takes_ticket
def start(link: str) -> AnyResponse:
    """Give the visit to this browser. Without a script what arrived now is all there will be."""
    visit, saved = of_link(link)
    arrived = _arrived()
    key = visits.start_visit(joined().database, link, arrived)
    if key is None:
        return _page("phone/used.html", 410, saved)
    if not arrived.script and (started := visits.load_visit(joined().database, visit.id)):
        visiting.finish(joined().database, started)
    return _keep_to_itself(redirect(f"{tickets.PREFIX}/visiting/{key}", 303))


@phone.get(KEY)
@public
def show(key: str) -> Response:
    """How far it is, or what came of it."""
    visit, saved = of_key(key)
    findings = visiting.findings_of(joined().database, saved, visit)
    rows = lines(visit, findings)
    if visit.finished_at is None:
        return _page("phone/going.html", 200, saved, rows=rows, hold=HOLD_SECONDS)
    return _page("phone/ended.html", 200, saved, rows=rows, ending=ending(visit.findings))


@phone.get(f"{LINK}/<any('page.css', 'page.js'):name>")
@public
def file_of_link(link: str, name: str) -> Response:
    """Style and script, for whoever holds an open link."""
    of_link(link)
    return _file(name)


@phone.get(f"{KEY}/<any('page.css', 'page.js'):name>")
@public
def file_of_key(key: str, name: str) -> Response:
    """The same, for the browser whose visit it is."""
    of_key(key)
    return _file(name)


def of_link(link: str) -> tuple[Visit, SavedHost]:
    """The visit of an open link, asked for by the name it was made for. Ends the request with 404 otherwise."""
    return _of(visits.find_link(joined().database, link))


def of_key(key: str) -> tuple[Visit, SavedHost]:
    """The visit of this browser, likewise."""
    return _of(visits.find_visit(joined().database, key))


def _of(visit: Visit | None) -> tuple[Visit, SavedHost]:
    saved = hosts.load_host(joined().database, visit.host_key) if visit is not None else None
    if visit is None or saved is None or asked_name() != saved.host.domain.name:
        abort(404)
    return visit, saved


def _arrived() -> Arrived:
    def header(name: str) -> str:
        return request.headers.get(name, "")[:_LONGEST_HEADER]

    network = request.form.get("network", "")
    return Arrived(
        forwarded=header("X-Forwarded-For"),
        real=header("X-Real-IP"),
        peer=header(PEER_HEADER),
        hop=request.remote_addr or "",
        scheme=header("X-Forwarded-Proto"),
        agent=browser_name(header("User-Agent")),
        warned="warned" in request.form,
        script=request.form.get("script") == "1",
        network=network if network in {"cellular", "wifi"} else "",
    )


def _page(template: str, status: int, saved: SavedHost, **values: object) -> Response:
    text = render_template(template, domain=saved.host.domain.name, base=request.path, **values)
    answer = make_response(text, status)
    answer.headers["Content-Security-Policy"] = _policy(saved.host.domain.name)
    return _keep_to_itself(answer)


def _policy(domain: str) -> str:
    """As strict as that of every page. Some browsers do not count a WebSocket to the page's own name as `self`."""
    try:
        port = urlsplit(f"//{request.host}").port
    except ValueError:
        abort(404)
    name = f"{domain}:{port}" if port else domain
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' wss://{name}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _file(name: str) -> Response:
    file, kind = _FILES[name]
    text = Path(current_app.static_folder or "", file).read_bytes()
    return _keep_to_itself(Response(text, mimetype=kind))


def _keep_to_itself(answer: Answer) -> Answer:
    """No cache, no search engine and no other site learns of it."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
