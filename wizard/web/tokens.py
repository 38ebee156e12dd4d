"""The token of a media server on its own page: save, test, change, remove. It is never shown again."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, PasswordField

from tasks.live import forget_snapshot
from wizard.core.hosts import Upstream
from wizard.core.refusal import Refusal
from wizard.core.streams import Silence
from wizard.media import MEDIA
from wizard.media.live import try_token
from wizard.store import hosts, server_words
from wizard.web.forms import page_errors
from wizard.web.guard import is_forged, shows_form
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import host_nav, saved_host
from wizard.web.joined import joined

token_views = Blueprint("tokens", __name__)

_LONGEST = 4000
_TOKEN_NAMES = ("X-Plex-Token", "api_key", "ApiKey")


class TokenForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """One secret, and the wish to keep it although nobody could test it."""

    token = PasswordField("Token")
    anyway = BooleanField("Save it although the server does not answer")


@token_views.route("/hosts/<key:host_key>/token", methods=["GET", "POST"])
@shows_form
def edit(host_key: str) -> AnyResponse | str | tuple[str, int]:
    """Save a token after the server took it."""
    saved = saved_host(host_key)
    form = TokenForm()
    media = MEDIA[saved.host.upstream.media]
    if form.is_submitted() and not is_forged() and form.validate():
        token = take_token(form, saved.host.upstream)
        if token:
            hosts.save_host(joined().database, saved.host, sealed_token=joined().place.vault.seal(token))
            _forget(host_key)
            flash(f"The {media.key_name} is saved")
            return redirect(url_for("tokens.edit", host_key=host_key), 303)
    elif form.is_submitted():
        form.validate()  # puts the sentence on the page
    page = render_template(
        "hosts/token.html",
        title=f"{media.title} {media.key_name}",
        host=saved.host,
        saved=saved,
        media=media,
        form=form,
        errors=page_errors(form),
        nav=host_nav(saved, "edit"),
        help=beside(media.key_guide, values_of(saved.host, saved.server_name)) if media.key_guide else None,
    )
    return (page, 422) if form.is_submitted() else page


@token_views.post("/hosts/<key:host_key>/token/remove")
def remove(host_key: str) -> AnyResponse:
    """Forget the token and what was told with it."""
    saved = saved_host(host_key)
    hosts.save_host(joined().database, saved.host, sealed_token="")
    _forget(host_key)
    flash(f"The {MEDIA[saved.host.upstream.media].key_name} is removed")
    return redirect(url_for("tokens.edit", host_key=host_key), 303)


def take_token(form: Any, upstream: Upstream, *, may_be_silent: bool = False) -> str:
    """The typed token when the server takes it; else "" and the reason stands at the field.

    With `may_be_silent` a server that gives no answer is no reason: the wizard may go on without one.
    """
    token = read_token(form.token.data or "")
    if isinstance(token, Refusal):
        form.token.errors = [token.message]
        return ""
    media = MEDIA[upstream.media]
    silent = try_token(joined().place.net, media, upstream, token)
    if silent is None:
        return token
    is_answer = silent.why in {Silence.REFUSED, Silence.NOT_ALLOWED}
    wants_it = may_be_silent or ("anyway" in form and form.anyway.data)
    if not is_answer and wants_it:
        return token
    form.token.errors = [f"{silent.sentence(media.title, media.key_name)}. It was not saved"]
    return ""


def read_token(text: str) -> str | Refusal:
    """A token as pasted: alone, or inside the address of a page that Plex opened with it."""
    typed = text.strip()
    if "://" in typed:
        try:
            query = parse_qs(urlsplit(typed).query)
        except ValueError:
            query = {}
        typed = next((query[name][0] for name in _TOKEN_NAMES if name in query), "")
        if not typed:
            return Refusal("There is no token in that address. Copy the whole address, or only the token")
    if not typed:
        return Refusal("Enter the token")
    if len(typed) > _LONGEST or not typed.isascii() or not typed.isprintable() or " " in typed:
        return Refusal("A token is one word of letters, digits and dashes. Copy it once more")
    return typed


def _forget(host_key: str) -> None:
    """What was told with another token proves nothing."""
    forget_snapshot(joined().place, host_key)
    server_words.forget_words(joined().database, host_key)
