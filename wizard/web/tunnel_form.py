"""The form of Cloudflare Tunnel: what is typed, what is wrong with it, and what is kept of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import Optional

from wizard.core.addresses import parse_address
from wizard.core.cloudflared import ELSEWHERE, HERE
from wizard.core.refusal import Refusal
from wizard.core.tunnel_token import read_token
from wizard.embedded.ports import Opening, try_port
from wizard.methods.cloudflare import find_program
from wizard.web.forms import OneOf

PORTS = range(20241, 20246)  # those cloudflared tries by itself
NEAR, NEAR_READY = "127.0.0.1", "http://127.0.0.1:20241"


class TunnelForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """One tunnel. A token that is left empty keeps the saved one."""

    runs = OneOf(
        "Who runs cloudflared",
        "Select who runs cloudflared",
        {HERE: "Porthole, on this machine", ELSEWHERE: "I do, or a container"},
    )
    token = PasswordField("Tunnel token", description="Paste the token, or the whole command Cloudflare shows")
    program = StringField(
        "Path of cloudflared",
        [Optional()],
        description="Such as /usr/local/bin/cloudflared. Empty: Porthole looks for it",
    )
    ready = StringField(
        "Readiness address", description="What cloudflared was given with --metrics", default=NEAR_READY
    )
    peer = StringField(
        "Address that cloudflared comes from",
        description="Caddy believes what it says about viewers, and nobody else. On this machine it is 127.0.0.1",
        default=NEAR,
    )
    consent = BooleanField("I know and agree")


def read_form(form: TunnelForm, *, has_token: bool, has_agreed: bool, can_run: bool) -> str | None:
    """The new token, "" to keep the saved one; None after putting sentences on the form."""
    token = ""
    if not has_agreed and not form.consent.data:
        _refuse(form.consent, "Agree to the note about video, or choose another way in")
    if form.runs.data == HERE:
        if not can_run:
            _refuse(
                form.runs, "This Porthole runs in containers and starts no programs. Let a container run cloudflared"
            )
        token = _token(form, has_token=has_token)
        typed = (form.program.data or "").strip()
        if can_run and not find_program(typed):
            _refuse(form.program, f"{typed} is no cloudflared that can be run" if typed else _NOT_FOUND)
    else:
        if not _origin(form.ready.data or ""):
            _refuse(form.ready, "Enter an address such as http://127.0.0.1:20241")
        if parse_address((form.peer.data or "").strip()) is None:
            _refuse(form.peer, "Enter one IP address, such as 127.0.0.1")
    return None if form.errors else token


_NOT_FOUND = "cloudflared was not found on this machine. Install it, or enter its path"


def values_of_form(form: TunnelForm, before: dict[str, Any], log: str, agreed_at: str) -> dict[str, Any]:
    """What is kept in the open: everything but the token."""
    kept = {"runs": form.runs.data, "consent_at": before.get("consent_at") or agreed_at}
    if form.runs.data == HERE:
        program = (form.program.data or "").strip()
        return {**kept, "program": program, "ready": f"http://{NEAR}:{_port(before)}", "log": log, "peer": NEAR}
    peer = parse_address((form.peer.data or "").strip())
    return {**kept, "ready": _origin(form.ready.data or ""), "peer": str(peer)}


def _token(form: TunnelForm, *, has_token: bool) -> str:
    pasted = (form.token.data or "").strip()
    if not pasted and has_token:
        return ""
    found = read_token(pasted)
    if isinstance(found, Refusal):
        _refuse(form.token, found.message)
        return ""
    return found


def _refuse(field: Any, sentence: str) -> None:
    field.errors = [*field.errors, sentence]


def _port(before: dict[str, Any]) -> int:
    """The port of its readiness: the one it has, else the first of the usual ones that is free."""
    if before.get("runs") == HERE and (port := urlsplit(str(before.get("ready", ""))).port):
        return port
    return next((port for port in PORTS if try_port(port, NEAR) is Opening.FREE), PORTS[0])


def _origin(text: str) -> str:
    """`http://host:port` of what was typed, "" for what is none; `/ready` at its end is fine."""
    try:
        parts = urlsplit(text.strip())
        if parts.scheme != "http" or not parts.hostname or not parts.port or parts.username:
            return ""
    except ValueError:
        return ""
    return f"http://{parts.netloc}" if parts.path in {"", "/", "/ready"} else ""
