"""Settings → Ways in → WireGuard: what is typed for it, and the two files with keys that were made here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import StringField

from tasks import queueing
from wizard.core import wireguard
from wizard.core.wireguard import INTERFACE, NETWORK, PORT, SMALL_MTU, End, Keys, Tunnel, read_tunnel, tunnel_of
from wizard.methods import METHODS
from wizard.net.interfaces import own_networks
from wizard.settings_kinds import parse_dial
from wizard.store import ways
from wizard.store.wireguard_keys import keys_of, keys_text, make_keys
from wizard.web.forms import OneOf, page_errors
from wizard.web.guard import is_forged, keep_no_copy, shows_form
from wizard.web.help_beside import beside
from wizard.web.joined import joined
from wizard.web.pictures import qr_code
from wizard.web.settings_frame import frame
from wizard.web.ways_pages import SET_UP, shown

wireguard_pages = Blueprint("wireguard", __name__)

KEY = "wireguard"
SET_UP[KEY] = "wireguard.show"
PLACES = {
    End.VPS.value: "On the VPS, beside Caddy",
    End.HOME.value: "At home. It drives the VPS’s Caddy through the tunnel",
}
SIZES = {"0": "Left to WireGuard, 1420 bytes on most lines", str(SMALL_MTU): f"Small, {SMALL_MTU} bytes"}
Answer = str | AnyResponse | tuple[str, int]


class TunnelForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """What the tunnel is made from."""

    vps = StringField("Public address of the VPS", description="Its IP address, or a name that leads to it")
    porthole = OneOf("Where does Porthole run?", "", PLACES, default=End.VPS.value)
    port = StringField("UDP port on the VPS", default=str(PORT))
    network = StringField(
        "Network inside the tunnel", default=NETWORK, description="Any private network that neither side uses yet"
    )
    mtu = OneOf("Packet size", "", SIZES, default="0", description="Small for mobile networks, DS-Lite and PPPoE")


@wireguard_pages.route("/settings/ways/wireguard", methods=["GET", "POST"])
@shows_form
def show() -> Answer:
    """The form; once it is filled in, the files, what to do with them, and how the tunnel stands."""
    keep_no_copy()
    saved = ways.load_way(joined().database, KEY)
    form = TunnelForm(data={name: str(value) for name, value in saved.values.items()} if saved.values else None)
    if form.validate_on_submit() and not is_forged():
        read = read_tunnel({name: form[name].data or "" for name in form.data}, own_networks())
        if isinstance(read, Tunnel):
            _save(read, _kept_keys() or make_keys())
            flash("Both files are ready")
            return redirect(url_for("wireguard.show"), 303)
        for name, sentence in read.items():
            form[name].errors = [sentence]
    errors = page_errors(form)
    page = render_template(
        "settings/wireguard.html",
        title="WireGuard to a VPS",
        form=form,
        errors=errors,
        way=shown(METHODS[KEY]),
        back={"url": url_for("ways_in.show"), "text": "Ways in"},
        help=beside("connect#wireguard-vps"),
        **_files(),
        **frame("ways"),
    )
    return page, 422 if errors else 200


@wireguard_pages.get("/settings/ways/wireguard/<word:end>.conf")
def download(end: str) -> Response:
    """The file of one end, private key included."""
    keep_no_copy()
    tunnel, keys = tunnel_of(ways.load_way(joined().database, KEY).values), _kept_keys()
    if end not in set(End) or tunnel is None or keys is None:
        abort(404)
    answer = Response(wireguard.configuration(tunnel, keys, End(end)), mimetype="text/plain")
    answer.headers["Content-Disposition"] = f"attachment; filename={INTERFACE}.conf"
    return answer


@wireguard_pages.post("/settings/ways/wireguard/keys")
def renew() -> AnyResponse:
    """Make new keys: the old files stop working on both machines."""
    tunnel = tunnel_of(ways.load_way(joined().database, KEY).values)
    if tunnel is None:
        abort(404)
    _save(tunnel, make_keys())
    flash("New keys are made. Put the new files on both machines and start the tunnel again")
    return redirect(url_for("wireguard.show"), 303)


@wireguard_pages.post("/settings/ways/wireguard/forget")
def forget() -> AnyResponse:
    """Take back what was set up here; the machines keep their files."""
    ways.forget_way(joined().database, KEY)
    flash("The tunnel and its keys are forgotten here. The files on both machines stay")
    return redirect(url_for("wireguard.show"), 303)


def _save(tunnel: Tunnel, keys: Keys) -> None:
    public: dict[str, Any] = {f"{end}_public": keys.public(end) for end in End}
    place = joined().place
    ways.save_way(place.database, KEY, {**tunnel.values, **public}, place.vault.seal(keys_text(keys)))
    queueing.start_look(KEY)


def _kept_keys() -> Keys | None:
    return keys_of(joined().place.way(KEY).secret)


def _files() -> dict[str, Any]:
    """The parts of the page that need a tunnel; `tunnel` is None before, and `keys_lost` when no key opens them."""
    tunnel, keys = tunnel_of(ways.load_way(joined().database, KEY).values), _kept_keys()
    if tunnel is None or keys is None:
        return {"tunnel": None, "keys_lost": tunnel is not None}
    echo_port = parse_dial(joined().place.settings.listen)[1]
    texts = {end: wireguard.configuration(tunnel, keys, end) for end in End}
    return {
        "tunnel": tunnel,
        "keys_lost": False,
        "ends": [
            {
                "key": end.value,
                "title": "On the VPS" if end is End.VPS else "At home",
                "code": texts[end],
                "shown": wireguard.masked(texts[end]),
                "firewall": wireguard.firewall(tunnel, end, echo_port),
            }
            for end in End
        ],
        "path": wireguard.FILE,
        "commands": wireguard.commands(),
        "qr": qr_code(texts[End.HOME], "QR code of the file at home, with its private key"),
        "admin": wireguard.admin_configuration(tunnel),
        "admin_url": f"http://{tunnel.address(End.VPS)}:{wireguard.ADMIN_PORT}",
        "echo_dial": f"{tunnel.address(End.HOME)}:{echo_port}",
        "home": tunnel.address(End.HOME),
        "is_home": tunnel.porthole is End.HOME,
    }
