"""Settings → Ways in → Tailscale: how it stands, this machine, the others and the paths to them, and signing in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField, ValidationError

from tasks import queueing
from wizard.core.tailnet import Backend, Machine, Silence, Tailnet
from wizard.core.tailnet_api import KEY as API
from wizard.core.tailnet_findings import PEER, SOCKET, judge
from wizard.core.tailnet_words import key_words, path_words, silence_words
from wizard.net.deadline import Deadline
from wizard.net.tailnet_watch import look, try_path
from wizard.net.tailscale_cli import find_cli, netcheck
from wizard.net.tailscaled import Tailscaled, is_socket
from wizard.store import hosts, ways
from wizard.store.session import Unavailable
from wizard.web.forms import page_errors
from wizard.web.guard import is_forged, shows_form
from wizard.web.help_beside import beside, help_url
from wizard.web.host_pages import ago
from wizard.web.joined import joined
from wizard.web.settings_frame import frame
from wizard.web.streams import stream_of
from wizard.web.tailscale_api_part import (
    ApiForm,
    api_view,
    device_at,
    device_names,
    seconds_until_read,
    take_credential,
)
from wizard.web.tailscale_seen import KEY, events_of_sign_in, latest, note_peer, qr_of
from wizard.web.ways_pages import SET_UP, TAGS

tailscale_pages = Blueprint("tailscale", __name__)
SET_UP |= dict.fromkeys(("tailscale", "tailnet", "funnel"), "tailscale.show")

MOST_SHOWN = 25
_LONGEST_PATH = 100  # bytes; the kernel takes 107 (unix(7))
_PING_SECONDS = 10.0
Answer = str | AnyResponse | tuple[str, int]


class TailscaleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """What may be typed: nothing of it has to be."""

    peer = StringField("The machine at the other end")
    socket = StringField("Path of Tailscale’s socket")

    def validate_socket(self, field: Any) -> None:
        """A path of a socket that is there; `TS_SOCKET=` before it is taken off."""
        field.data = (field.data or "").strip().removeprefix("TS_SOCKET=").removeprefix("unix:").strip("\"'")
        if not field.data:
            return
        if not field.data.startswith("/") or "\0" in field.data or len(field.data.encode()) > _LONGEST_PATH:
            raise ValidationError("Path must begin with /, such as /var/run/tailscale/tailscaled.sock")
        seen = look(field.data)
        if seen.silence in {Silence.NOT_FOUND, Silence.NOT_UNDERSTOOD}:
            raise ValidationError(silence_words(seen))
        if seen.silence is Silence.NOT_RUNNING and not is_socket(field.data):
            raise ValidationError(f"{field.data} is a file, not a socket")


@tailscale_pages.route("/settings/ways/tailscale", methods=["GET", "POST"])
@shows_form
def show() -> Answer:
    """How it stands; a form for what cannot be found out."""
    form = TailscaleForm() if request.method == "POST" else _filled()
    if form.validate_on_submit():
        typed = {PEER: (form.peer.data or "").strip().rstrip("."), SOCKET: form.socket.data}
        ways.save_way(joined().database, KEY, {name: text for name, text in typed.items() if text})
        flash("Saved")
        return redirect(url_for("tailscale.show"), 303)
    return _page(form)


@tailscale_pages.post("/settings/ways/tailscale/api")
@shows_form
def save_api() -> Answer:
    """Keep a credential for Tailscale's control API after the API took it."""
    form = ApiForm()
    is_good = form.validate()
    if is_good and not is_forged() and take_credential(form):
        flash("Saved. Tailscale’s API answered" if not form.anyway.data else "Saved")
        return redirect(url_for("tailscale.show", api="open", _anchor="api"), 303)
    return _page(_filled(), form)


@tailscale_pages.post("/settings/ways/tailscale/api/read")
def read_api() -> AnyResponse:
    """Have the API read again in the background."""
    if seconds := seconds_until_read():
        flash(f"It was asked a moment ago. Try again in {seconds} seconds")
    elif queueing.start_reading_tailnet_api():
        flash("Reading now. It takes a few seconds")
    else:
        flash("The broker does not answer, so nothing was read. It is read by itself once the broker is back")
    return redirect(url_for("tailscale.show", api="open", _anchor="api"), 303)


@tailscale_pages.post("/settings/ways/tailscale/api/forget")
def forget_api() -> AnyResponse:
    """Forget the credential and what was read with it."""
    ways.forget_way(joined().database, API)
    flash("Forgotten. Revoke it in Tailscale too")
    return redirect(url_for("tailscale.show", api="open", _anchor="api"), 303)


def _filled() -> TailscaleForm:
    saved = ways.load_way(joined().database, KEY).values
    return TailscaleForm(formdata=None, data={PEER: saved.get(PEER, ""), SOCKET: saved.get(SOCKET, "")})


def _page(form: TailscaleForm, api: ApiForm | None = None) -> Answer:
    seen = latest()
    if not form.errors and not form.peer.data:
        form.peer.data = _other_end(seen)
    errors = [*page_errors(form), *(page_errors(api) if api is not None else ())]
    page = render_template(
        "settings/tailscale.html",
        title="Tailscale",
        form=form,
        errors=errors,
        help=beside("tailscale-plex#page"),
        api=api_view(api, seen),
        **_view(seen),
        **frame("ways"),
    )
    return page, 422 if errors else 200


@tailscale_pages.post("/settings/ways/tailscale/sign-in")
def sign_in() -> AnyResponse:
    """Ask the daemon for a sign-in link. It gives one to root and its operator only."""
    seen = look(str(ways.load_way(joined().database, KEY).values.get(SOCKET, "")))
    answer = Tailscaled(seen.socket).sign_in() if seen.silence is None else None
    if answer is None:
        flash(silence_words(seen))
    elif answer.silence is Silence.NOT_ALLOWED:
        flash("Tailscale gives a link only to root and to its operator. Run the command below in a terminal instead")
    elif not answer.is_good:
        flash("Tailscale gave no link. Run the command below in a terminal instead")
    return redirect(url_for("tailscale.show", _anchor="tailnet-state"), 303)


@tailscale_pages.post("/settings/ways/tailscale/path")
def test_path() -> AnyResponse:
    """Ping one machine until its path is sure, and keep what came out."""
    seen = latest()
    peer = seen.peer(request.form.get("address", ""))
    if peer is None or seen.silence is not None:
        abort(404)
    tried = try_path(Tailscaled(seen.socket), peer, Deadline(_PING_SECONDS))
    if tried.is_measured:
        note_peer(seen, peer, tried)
        flash(f"{peer.label}: {'. '.join(path_words(tried)).rstrip('.')}")
    else:
        flash(f"{peer.label} did not answer any ping. It may be asleep")
    return redirect(url_for("tailscale.show", find=request.form.get("find") or None, _anchor="machines"), 303)


@tailscale_pages.post("/settings/ways/tailscale/netcheck")
def look_at_line() -> AnyResponse:
    """Let Tailscale's command line say how easily this machine is reached."""
    program = find_cli()
    report = netcheck(program, latest().socket) if program else None
    flash(report.sentence if report else "Tailscale’s netcheck gave no report")
    return redirect(url_for("tailscale.show", _anchor="this-machine"), 303)


@tailscale_pages.get("/settings/ways/tailscale/stream")
def stream() -> AnyResponse:
    """The state as it changes while somebody signs in, as server-sent events."""
    return stream_of(_events)


def _events(environ: Mapping[str, Any]) -> Iterator[str]:
    typed = str(ways.load_way(joined().database, KEY).values.get(SOCKET, ""))
    try:
        yield from events_of_sign_in(lambda: look(typed), _state_part, environ)
    except Unavailable:
        return  # the browser comes back by itself


def _state_part(seen: Tailnet) -> str:
    return render_template("settings/tailscale_state.html", **_state(seen))


def _state(seen: Tailnet) -> dict[str, Any]:
    """What the part needs that changes while somebody signs in."""
    status = judge(joined().place.way(KEY), seen)
    return {
        "seen": seen,
        "status": status,
        "tag_of": TAGS[status.state],
        "seen_text": ago(seen.at),
        "qr": qr_of(seen),
        "needs_login": seen.silence is None and seen.backend is Backend.NEEDS_LOGIN,
    }


def _view(seen: Tailnet) -> dict[str, Any]:
    find = request.args.get("find", "").strip()[:100]
    matching = [peer for peer in seen.peers if _matches(peer, find.lower())]
    shown = matching if "all" in request.args else matching[:MOST_SHOWN]
    return {
        **_state(seen),
        "find": find,
        "peers": [_row(peer, seen) for peer in shown],
        "matching": len(matching),
        "number": len(seen.peers) + seen.more_peers,
        "names": list(dict.fromkeys([*(peer.dns_name or peer.label for peer in seen.peers), *device_names()])),
        "help_url": help_url,
        "has_cli": bool(find_cli()),
        "is_silent": seen.silence is not None,
    }


def _matches(peer: Machine, find: str) -> bool:
    return any(find in text.lower() for text in (peer.name, peer.dns_name, peer.os, *peer.addresses))


def _row(peer: Machine, seen: Tailnet) -> dict[str, Any]:
    word, consequence = path_words(peer)
    state = {"Direct": "passed", "Offline": "skipped", "Idle": "waiting"}.get(word, "warning")
    last = f"Last seen {ago(peer.last_seen_at)}" if peer.last_seen_at and not peer.is_online else ""
    key = key_words(peer, seen.at).partition(", in ")[0]
    return {"peer": peer, "word": word, "consequence": last or consequence, "state": state, "key": key}


def _other_end(seen: Tailnet) -> str:
    """The machine under whose address a proxy host knows its media server: most likely the other end."""
    for saved in hosts.list_hosts(joined().database):
        if saved.host.method == KEY:
            address = saved.host.upstream.address
            machine = seen.peer(address) or device_at(address)
            if machine is not None:
                return machine.dns_name or machine.label
    return ""
