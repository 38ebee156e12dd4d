"""Settings → Caddies: the one of this machine, and further ones that are driven from here through their admin API."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import StringField

from wizard.caddy.client import CaddyClient
from wizard.core.addresses import Kind as Network
from wizard.core.addresses import kind_of, parse_address
from wizard.core.hosts import HERE, Edge
from wizard.core.refusal import Refusal
from wizard.core.verdicts import Trouble
from wizard.settings_kinds import PARSERS, Kind
from wizard.store import edges
from wizard.web.forms import page_errors
from wizard.web.guard import shows_form
from wizard.web.help_beside import beside
from wizard.web.joined import joined
from wizard.web.settings_frame import frame

caddies = Blueprint("caddies", __name__)

Answer = str | Response | tuple[str, int]
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_QUICK_SECONDS = 3.0


class CaddyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """A Caddy elsewhere."""

    name = StringField("Name", description="A short word for it, such as vps")
    admin = StringField(
        "Address of its admin API",
        description="Over a private path such as a tunnel, for example http://10.9.0.1:2019",
    )
    public_address = StringField("Its public IP address", description="What the domain will point to")
    echo_dial = StringField(
        "Porthole's address, as that Caddy reaches it",
        description="Checks ask Caddy to pass on a test request. For example 10.9.0.2:7678",
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """One Caddy with what it says right now."""

    edge: Edge
    version: str
    trouble: Trouble | None
    domains: tuple[str, ...]

    @property
    def is_here(self) -> bool:
        """True for the one of the settings."""
        return self.edge.name == HERE


@caddies.route("/settings/caddies", methods=["GET", "POST"])
@shows_form
def show() -> Answer:
    """Every Caddy and how it is; a form for one more."""
    form = CaddyForm(data={"echo_dial": ""})
    if form.validate_on_submit():
        edge = read_form(form)
        if edge is not None:
            edges.save_edge(joined().database, edge)
            flash(f"{edge.name} is saved. Choose it in step 3 of a proxy host")
            return redirect(url_for("caddies.show"), 303)
    errors = page_errors(form)
    page = render_template(
        "settings/caddies.html",
        title="Caddies",
        form=form,
        errors=errors,
        caddies=[_shown(edge) for edge in joined().place.edges().values()],
        help=beside("connect#second-caddy"),
        **frame("caddies"),
    )
    return page, 422 if errors else 200


@caddies.post("/settings/caddies/<word:name>/remove")
def remove(name: str) -> Response:
    """Forget one, unless something is served there."""
    if name not in joined().place.edges() or name == HERE:
        abort(404)
    try:
        edges.remove_edge(joined().database, name)
        flash(f"{name} is removed. Nothing was changed in that Caddy")
    except edges.EdgeInUseError as used:
        flash(f"{name} still serves {', '.join(used.args)}. Move or remove that first")
    return redirect(url_for("caddies.show"), 303)


def read_form(form: Any) -> Edge | None:
    """The Caddy that a form describes, once it answers; None after putting sentences on the form."""
    values = {name: (form[name].data or "").strip() for name in ("name", "admin", "public_address", "echo_dial")}
    for name, refused in _refusals(values):
        form[name].errors = [*form[name].errors, refused]
    if form.errors:
        return None
    admin = str(PARSERS[Kind.CADDY_ADMIN](values["admin"]))
    answer = CaddyClient(admin, fallback=None, deadline_seconds=_QUICK_SECONDS).version()
    if isinstance(answer, Trouble):
        form.admin.errors = [
            f"No Caddy answers at {admin}. Check that the tunnel is up and that its admin API listens there"
        ]
        return None
    here = joined().place.edge
    return Edge(
        name=values["name"],
        admin=admin,
        echo_dial=str(PARSERS[Kind.DIAL](values["echo_dial"])),
        address=urlsplit(admin).hostname or "",
        acme_ca=here.acme_ca,
        acme_root=here.acme_root,
        public_addresses=(values["public_address"],),
    )


def _refusals(values: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    if not _NAME.fullmatch(values["name"]) or values["name"] == HERE:
        found.append(("name", "Name must be one short word of small letters, digits and dashes, such as vps"))
    admin = PARSERS[Kind.CADDY_ADMIN](values["admin"])
    if isinstance(admin, Refusal) or not admin.startswith("http://"):
        found.append(("admin", "Enter an address such as http://10.9.0.1:2019"))
    elif _is_public(urlsplit(admin).hostname or ""):
        found.append(("admin", "The admin API has no password. Enter an address inside the tunnel, not a public one"))
    if not _is_public(values["public_address"]):
        found.append(("public_address", "Enter the public IP address of that machine, such as 203.0.113.10"))
    dial = PARSERS[Kind.DIAL](values["echo_dial"])
    if isinstance(dial, Refusal):
        found.append(("echo_dial", "Enter an address and a port, such as 10.9.0.2:7678"))
    return found


def _is_public(text: str) -> bool:
    address = parse_address(text)
    private = {Network.LOOPBACK, Network.PRIVATE, Network.SHARED, Network.TAILNET, Network.LINK_LOCAL}
    return address is not None and kind_of(address) not in private


def _shown(edge: Edge) -> Shown:
    place = joined().place
    version = place.caddy_at(edge).version()
    trouble = version if isinstance(version, Trouble) else None
    domains = tuple(host.domain.name for host in place.hosts_at(edge))
    return Shown(edge, "" if trouble else str(version), trouble, domains)
