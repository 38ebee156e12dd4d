"""Settings → Ways in → Cloudflare Tunnel: set it up, watch it, and have a file of one's own looked over."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import TextAreaField

from tasks import queueing
from wizard.checks.words import day
from wizard.core.cloudflared import ELSEWHERE, HERE
from wizard.core.tunnel_compose import ADDRESS, CADDY, COMPOSE, READY
from wizard.core.tunnel_ingress import ingress_file, look_over
from wizard.core.tunnel_token import tunnel_of
from wizard.embedded import tunnel_files
from wizard.methods import METHODS
from wizard.methods.cloudflare import SERVICE, find_program
from wizard.store import hosts, ways
from wizard.store.clock import now
from wizard.web.forms import page_errors
from wizard.web.guard import is_forged, shows_form
from wizard.web.help_beside import beside
from wizard.web.joined import joined
from wizard.web.settings_frame import frame
from wizard.web.tunnel_form import NEAR, TunnelForm, read_form, values_of_form
from wizard.web.ways_pages import SET_UP, shown

tunnel_pages = Blueprint("tunnel", __name__)

KEY = "cloudflare"
SET_UP[KEY] = "tunnel.show"
_EXAMPLE = "plex.example.com"
_LONGEST_WAIT, _LOOK_SECONDS = 20.0, 0.25
Answer = str | Response | tuple[str, int]


class IngressForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """A configuration file to look over."""

    text = TextAreaField("Your configuration file")


@dataclass(frozen=True, slots=True)
class Advice:
    """What was found in a pasted file; nothing when it is in order."""

    sentences: tuple[str, ...]


@tunnel_pages.get("/settings/ways/cloudflare")
def show() -> Answer:
    """The tunnel as it stands; with `wait` seconds answered as soon as it was looked at anew."""
    _wait_for_news()
    return _page(_filled())


@tunnel_pages.post("/settings/ways/cloudflare")
@shows_form
def save() -> Answer:
    """Keep what was typed, and have cloudflared run where it is ours to run."""
    form, saved = TunnelForm(), ways.load_way(joined().database, KEY)
    if not form.validate_on_submit():
        return _page(form)
    can_run = tunnel_files.can_run(joined().settings.data)
    agreed = bool(saved.values.get("consent_at"))
    token = read_form(form, has_token=bool(saved.sealed), has_agreed=agreed, can_run=can_run)
    if token is None:
        return _page(form)
    values = values_of_form(form, saved.values, tunnel_files.LOG, now().isoformat())
    _keep(values, token, saved)
    flash("Saved")
    return redirect(url_for("tunnel.show"), 303)


@tunnel_pages.post("/settings/ways/cloudflare/remove")
def remove() -> Response:
    """Forget the tunnel and its token, and end the cloudflared that Porthole runs."""
    tunnel_files.wish_no_more(joined().settings.data)
    ways.forget_way(joined().database, KEY)
    _apply("Removed the Cloudflare Tunnel")
    flash("Removed. The tunnel is still there in Cloudflare: delete it there too")
    return redirect(url_for("tunnel.show"), 303)


@tunnel_pages.post("/settings/ways/cloudflare/ingress")
@shows_form
def check_ingress() -> Answer:
    """Look over a pasted configuration file. Nothing of it is kept."""
    form = IngressForm()
    text = form.text.data or ""
    if is_forged():
        form.validate()  # puts the sentence on the page
        return _page(_filled(), form)
    if not text.strip():
        return _page(_filled(), form)
    values = ways.load_way(joined().database, KEY).values
    return _page(_filled(), form, Advice(look_over(text, _domain(), _service(values))))


def _keep(values: dict[str, Any], token: str, saved: ways.SavedWay) -> None:
    place, data = joined().place, joined().settings.data
    ways.save_way(place.database, KEY, values, place.vault.seal(token) if token else None)
    if values["runs"] == HERE:
        program = find_program(str(values["program"]))
        metrics = str(values["ready"]).removeprefix("http://")
        tunnel_files.wish_for(data, program, metrics, token or place.vault.open(saved.sealed))
    else:
        tunnel_files.wish_no_more(data)
    if values.get("peer") != saved.values.get("peer", NEAR):
        _apply("Changed who is believed behind the Cloudflare Tunnel")
    queueing.start_look(KEY)


def _apply(cause: str) -> None:
    if any(one.host.method == KEY for one in hosts.list_hosts(joined().database)):
        queueing.start_apply(joined().place, cause)


def _filled() -> TunnelForm:
    values = ways.load_way(joined().database, KEY).values
    usual = HERE if tunnel_files.can_run(joined().settings.data) else ELSEWHERE
    kept = {name: values[name] for name in ("program", "ready", "peer") if values.get(name)}
    return TunnelForm(formdata=None, data={**kept, "runs": values.get("runs", usual)})


def _wait_for_news() -> None:
    try:
        until = time.monotonic() + min(float(request.args.get("wait", 0)), _LONGEST_WAIT)
    except ValueError:
        return
    before = ways.load_way(joined().database, KEY).seen_at
    while time.monotonic() < until and ways.load_way(joined().database, KEY).seen_at == before:
        time.sleep(_LOOK_SECONDS)


def _day(moment: str) -> str:
    """`26 November 2026` of a moment that was kept; "" when there is none."""
    return day(datetime.fromisoformat(moment)) if moment else ""


def _domain() -> str:
    """The person's own name that goes through the tunnel, else any of theirs, else an example."""
    mine = sorted(hosts.list_hosts(joined().database), key=lambda one: one.host.method != KEY)
    return mine[0].host.domain.name if mine else _EXAMPLE


def _service(values: dict[str, Any]) -> str:
    """What the tunnel leads to, as cloudflared calls it."""
    return SERVICE if values.get("peer", NEAR) in {NEAR, "::1"} else CADDY


def _page(form: TunnelForm, ingress: IngressForm | None = None, advice: Advice | None = None) -> Answer:
    errors = [*page_errors(form), *(page_errors(ingress) if ingress is not None else ())]
    saved = ways.load_way(joined().database, KEY)
    token = joined().place.vault.open(saved.sealed)
    domain, service = _domain(), _service(saved.values)
    page = render_template(
        "settings/tunnel.html",
        title="Cloudflare Tunnel",
        form=form,
        errors=errors,
        way=shown(METHODS[KEY]),
        saved=saved,
        has_token=bool(token),
        tunnel=tunnel_of(token),
        can_run=tunnel_files.can_run(joined().settings.data),
        found=find_program(),
        agreed_on=_day(str(saved.values.get("consent_at", ""))),
        consent=METHODS[KEY].consent,
        domain=domain,
        service=service,
        file=ingress_file(domain, service, tunnel_of(token)),
        compose=COMPOSE,
        compose_ready=READY,
        compose_address=ADDRESS,
        back={"url": url_for("ways_in.show"), "text": "Ways in"},
        ingress=ingress or IngressForm(formdata=None),
        advice=advice,
        help=beside("connect#cloudflare-tunnel", {"domain": domain}),
        **frame("ways"),
    )
    return page, 422 if errors else 200
