"""Settings → Servers: the media servers that were found or saved, and looking for more."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    get_template_attribute,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField, SubmitField

from tasks.discovering import load_discovery, start_discovery, start_discovery_if_old
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.core.refusal import Refusal
from wizard.core.servers import Found
from wizard.core.upstreams import parse_upstream
from wizard.looking import look_at
from wizard.media import Identity, identify_any
from wizard.net.dockersocket import parse_socket
from wizard.store import servers
from wizard.store.session import Unavailable
from wizard.web import servers_view
from wizard.web.forms import page_errors, say
from wizard.web.guard import shows_form
from wizard.web.help_beside import beside
from wizard.web.joined import joined
from wizard.web.parts_answer import message
from wizard.web.run_stream import LOOK_SECONDS
from wizard.web.settings_frame import frame
from wizard.web.streams import event, is_gone, stream_of
from wizard.web.ways_back import is_ours

server_pages = Blueprint("servers", __name__)

Answer = str | AnyResponse | tuple[str, int]
LONGEST_SECONDS = 20
MOST_NAME = 80
FIRST_WAIT_SECONDS = 2.0


class AddForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """A server by hand. Which kind it is, it says itself."""

    server_url = StringField(
        "Home address", description="Such as 192.168.1.20:32400, or a 100.x address of your tailnet"
    )
    name = StringField("Name", description="Empty: the name it gives itself")
    anyway = SubmitField("Save anyway")


class NameForm(FlaskForm):  # type: ignore[misc]  # as above
    """Another name."""

    name = StringField("Name", [say("Enter a name")])


class DockerForm(FlaskForm):  # type: ignore[misc]  # as above
    """Where Docker may be asked."""

    path = StringField("Path of Docker’s socket", description="Usually /var/run/docker.sock")


@server_pages.route("/settings/servers", methods=["GET", "POST"])
@shows_form
def show() -> Answer:
    """Every server; opening it looks for more when the last look is old."""
    form = AddForm()
    if form.validate_on_submit():
        found = read_form(form)
        if found is not None:
            servers.save_by_hand(joined().database, found)
            flash(f"{found.name} is saved")
            return redirect(url_for("servers.show"), 303)
    return _draw(form, DockerForm(formdata=None, data={"path": servers.load_docker(joined().database)}))


@server_pages.post("/settings/servers/docker")
def docker() -> Answer:
    """Ask Docker from now on, or no more."""
    form = DockerForm()
    path = parse_socket(form.path.data or "")
    if isinstance(path, Refusal):
        form.path.errors = [path.message]
        return _draw(AddForm(formdata=None), form)
    servers.save_docker(joined().database, path)
    start_discovery(joined().place)
    flash("Docker is asked from now on" if path else "Docker is not asked any more")
    return redirect(url_for("servers.show"), 303)


@server_pages.post("/settings/servers/look")
def look() -> AnyResponse:
    """Look again, and go back to where the button stood."""
    start_discovery(joined().place)
    where = request.form.get("next", "")
    return redirect(where if is_ours(where) else url_for("servers.show"), 303)


@server_pages.route("/settings/servers/<server_key>", methods=["GET", "POST"])
@shows_form
def one(server_key: str) -> Answer:
    """One server: its name, and taking it from the list."""
    saved = servers.load_server(joined().database, server_key) or abort(404)
    form = NameForm(data={"name": saved.found.name})
    if form.validate_on_submit():
        servers.rename_server(joined().database, server_key, str(form.name.data).strip()[:MOST_NAME])
        return redirect(url_for("servers.show"), 303)
    row = next(row for row in servers_view.rows() if row["key"] == server_key)
    errors = page_errors(form)
    page = render_template(
        "settings/server.html", title=saved.found.name, form=form, errors=errors, row=row, **frame("servers")
    )
    return page, 422 if errors else 200


@server_pages.post("/settings/servers/<server_key>/remove")
def remove(server_key: str) -> AnyResponse:
    """Take one from the list."""
    servers.remove_server(joined().database, server_key)
    flash("It is removed from the list")
    return redirect(url_for("servers.show"), 303)


@server_pages.get("/settings/servers/<server_key>/host")
def begin(server_key: str) -> AnyResponse:
    """The wizard's first step with this server chosen. Nothing is saved before its button is pressed."""
    saved = servers.load_server(joined().database, server_key) or abort(404)
    return redirect(url_for("setup.step", name="server", chosen=servers_view.choice_of(saved)), 303)


@server_pages.get("/settings/servers/stream")
def stream() -> Response:
    """What is found while it is looked for, until that ends."""
    return stream_of(_events)


def _events(environ: Mapping[str, Any]) -> Iterator[str]:
    ends_at, sent = time.monotonic() + LONGEST_SECONDS, ""
    try:
        while time.monotonic() < ends_at and not is_gone(environ):
            state = servers_view.search_state()
            told = _message(state)
            if told != sent:
                sent = told
                yield event(told, number=state["number"])
            if not state["is_running"]:
                return
            time.sleep(LOOK_SECONDS)
    except Unavailable:
        return  # the browser comes back by itself


def _message(state: dict[str, Any]) -> str:
    """The parts that changed. The radios of step 1 land at the end only, so that no choice is swapped away."""
    parts = {"search-status": _macro("search_status")(state)}
    if request.args.get("where") == "table":
        parts["server-table"] = _macro("server_table")(servers_view.rows())
    elif not state["is_running"]:
        chosen, typed = request.args.get("chosen", ""), request.args.get("typed", "")
        parts["server-choices"] = _macro("server_radios")(servers_view.choices(typed=typed, chosen=chosen))
    done = not state["is_running"]
    return message(parts, say=servers_view.said(state) if done else None, done=done)


def _macro(name: str) -> Any:
    return get_template_attribute("parts/servers.html", name)


def open_search() -> dict[str, Any]:
    """For a page that offers servers: look when the last look is old, and wait a moment where `wait` asks for it."""
    start_discovery_if_old(joined().place)
    ends_at = time.monotonic() + (FIRST_WAIT_SECONDS if request.args.get("wait") else 0.0)
    while time.monotonic() < ends_at:
        last = load_discovery(joined().place)
        if last is None or not last.is_running:
            break
        time.sleep(0.1)
    return servers_view.search_state()


def read_form(form: Any) -> Found | None:
    """The server that was typed, once it said who it is; None after putting sentences on the form."""
    upstream = parse_upstream(
        form.server_url.data or "", media="plex", default_port=32400, in_container=joined().in_container
    )
    if isinstance(upstream, Refusal):
        form.server_url.errors = [upstream.message]
        return None
    identity = identify_any(joined().place.net, _unverified(upstream))
    name = (form.name.data or "").strip()[:MOST_NAME]
    if isinstance(identity, Identity):
        called = name or identity.name or f"{identity.kind.title()} at {upstream.address}"
        return Found(
            identity.kind, called, upstream.address, upstream.port, upstream.scheme, identity.id, identity.version
        )
    told = look_at(joined().place.net, upstream)
    if form.anyway.data and told.may_go_on:
        return Found("plex", name or upstream.address, upstream.address, upstream.port, upstream.scheme)
    form.server_url.errors = [told.sentence]
    form.may_go_on = told.may_go_on
    return None


def _unverified(upstream: Upstream) -> Upstream:
    """Only a name is asked for here; how a certificate is verified is chosen in the wizard."""
    return replace(upstream, verify=Verify(VerifyKind.OFF)) if upstream.scheme == "https" else upstream


def _draw(form: AddForm, docker_form: DockerForm) -> Answer:
    errors = [*page_errors(form), *page_errors(docker_form)]
    found = servers_view.rows()
    page = render_template(
        "settings/servers.html",
        title="Servers",
        form=form,
        docker=docker_form,
        errors=errors,
        may_go_on=getattr(form, "may_go_on", False),
        state=open_search(),
        rows=found,
        many=sum(row["is_plex"] and not row["domain"] for row in found),
        help=beside("find-your-server#discovery"),
        **frame("servers"),
    )
    return page, 422 if errors else 200
