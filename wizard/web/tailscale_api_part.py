"""The folded part about Tailscale's control API: its form, the try before a credential is kept, and its view."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, StringField

from tasks.tailnet_api import last_told, save_credential, seconds_to_wait, told_of
from wizard.core.refusal import Refusal
from wizard.core.tailnet import Tailnet
from wizard.core.tailnet_api import KEY, ApiTrouble, Credential, Device, Kind, Told, read_client_id, read_secret
from wizard.core.tailnet_api_words import count_words, rows_of, trouble_words
from wizard.net.tailscale_api import ask_devices
from wizard.store import ways
from wizard.store.clock import now
from wizard.web.forms import OneOf
from wizard.web.host_pages import ago
from wizard.web.joined import joined

MOST_ROWS, FEW_ROWS = 25, 6
"""Shown are the machines with something to know, and where those are few, some more."""
_TRY_SECONDS = 15.0
_IS_NO_ANSWER = frozenset(
    {ApiTrouble.UNREACHABLE, ApiTrouble.TOO_SLOW, ApiTrouble.DOWN, ApiTrouble.RATE_LIMITED}
)  # nothing of these says that the credential is a wrong one


class ApiForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """One credential in one of two forms, and the wish to keep it although nobody could test it."""

    kind = OneOf(
        "What Porthole asks with",
        "Select what Porthole asks with",
        {Kind.OAUTH: "An OAuth client", Kind.ACCESS: "An API access token"},
    )
    client_id = StringField("Client ID")
    client_secret = PasswordField("Client secret")
    access_token = PasswordField("Access token")
    anyway = BooleanField("Save it although the API gives no answer")
    is_away = False  # whether the last try got no answer


def take_credential(form: ApiForm) -> bool:
    """Try what was typed and keep it if the API takes it; False after putting sentences on the form."""
    kind = Kind(form.kind.data)
    field = form.client_secret if kind is Kind.OAUTH else form.access_token
    secret = read_secret(kind, field.data or "")
    client_id = read_client_id(form.client_id.data or "") if kind is Kind.OAUTH else ""
    for where, found in ((form.client_id, client_id), (field, secret)):
        if isinstance(found, Refusal):
            _refuse(where, found.message)
    url = joined().settings.tailscale_api
    if isinstance(secret, Refusal) or isinstance(client_id, Refusal):
        return False
    if not url:
        _refuse(field, "PORTHOLE_TAILSCALE_API_URL is none, so Tailscale’s API is never asked")
        return False
    credential = Credential(kind, secret, client_id)
    told = ask_devices(url, credential, seconds=_TRY_SECONDS)
    form.is_away = told.trouble in _IS_NO_ANSWER
    if told.trouble is not None and not (form.is_away and form.anyway.data):
        said = [trouble_words(told.trouble), told.detail.rstrip("."), "It was not saved"]
        _refuse(field, ". ".join(part for part in said if part))
        return False
    save_credential(joined().place, credential, told)
    return True


def api_view(form: ApiForm | None, seen: Tailnet) -> dict[str, Any]:
    """What the part needs. `form` is one with errors, None for a fresh one."""
    saved, url = ways.load_way(joined().database, KEY), joined().settings.tailscale_api
    told = told_of(saved)
    rows = rows_of(told, now()) if told is not None else ()
    noted = sum(bool(row.notes) for row in rows)
    most = len(rows) if request.args.get("api") == "all" else min(max(noted, FEW_ROWS), MOST_ROWS)
    return {
        "form": form or ApiForm(formdata=None, data={"kind": saved.values.get("kind", Kind.OAUTH)}),
        # without tailscaled's own word this is all that is known
        "is_open": form is not None or "api" in request.args or (seen.silence is not None and bool(saved.sealed)),
        "url": url,
        "control": seen.control if seen.is_foreign else "",
        "has_credential": bool(saved.sealed),
        "what": _what(saved.values),
        "told": told,
        "count": count_words(told) if told is not None and told.at else "",
        "trouble": trouble_words(told.trouble) if told is not None and told.trouble else "",
        "note": _note(told) if saved.sealed else "",
        "read_text": ago(told.at) if told is not None and told.at else "",
        "tried_text": ago(told.tried_at) if told is not None else "",
        "rows": rows[:most],
        "hidden": max(len(rows) - most, 0),
        "caption": _caption(noted, len(rows)),
    }


def device_names() -> list[str]:
    """The names of machines that the API told of, as suggestions."""
    told = last_told(joined().place)
    return [one.dns_name or one.label for one in told.devices] if told is not None else []


def seconds_until_read() -> int:
    """How long the API is not asked again."""
    return seconds_to_wait(last_told(joined().place))


def device_at(text: str) -> Device | None:
    """The machine with this address or name, as the API told of it."""
    told = last_told(joined().place)
    return told.device(text) if told is not None else None


def _what(values: dict[str, Any]) -> str:
    client = values.get("client_id")
    return f"OAuth client {client}" if client else "API access token"


def _caption(noted: int, number: int) -> str:
    if not noted:
        return "Nothing to know about any of them"
    return f"There is something to know about {noted} of {number}"


def _note(told: Told | None) -> str:
    if told is None:
        return "Not read yet"
    return "Could not be read" if told.trouble else f"Read {ago(told.tried_at)}"


def _refuse(field: Field, sentence: str) -> None:
    field.errors = [sentence]
