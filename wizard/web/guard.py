"""Who may see what, and what every answer carries: sign-in, CSRF, strict security headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf, validate_csrf
from redis.exceptions import RedisError
from werkzeug.wrappers import Response as AnyResponse
from wtforms.validators import ValidationError

from wizard.store import owners
from wizard.web.joined import joined
from wizard.web.viewers import is_for_viewers
from wizard.web.ways_back import referring_path

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SIGN_IN = "sign_in"
THEMES = ("system", "light", "dark")
_FOR_VIEWERS = ("echo.", "echo_streams.", "phone.", "phone_streams.")
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

View = TypeVar("View", bound=Callable[..., Any])


def public(view: View) -> View:
    """Mark a view that needs no sign-in."""
    view.is_public = True  # type: ignore[attr-defined]  # functions take attributes; typing cannot say so
    return view


def shows_form(view: View) -> View:
    """Mark a view that shows its own form again when the CSRF token no longer holds, so that answers survive."""
    view.shows_form = True  # type: ignore[attr-defined]  # as above
    return view


def takes_ticket(view: View) -> View:
    """Mark a public view whose one-time ticket takes the place of a CSRF token, and whose body is no form."""
    view.takes_ticket = True  # type: ignore[attr-defined]  # as above
    return public(view)


def guard(app: Flask) -> None:
    """Put the guards on an application."""
    app.session_interface = _Cookies()
    app.before_request(_keep_viewers_out)
    app.before_request(_check_text)
    app.before_request(_check_sign_in)
    app.before_request(_check_csrf)
    app.after_request(_add_headers)
    app.context_processor(_frame)
    # a global, because imported macros see no context
    app.jinja_env.globals["csrf_token"] = generate_csrf


class _Cookies(SecureCookieSessionInterface):
    """The first run is plain http on a LAN address, where a Secure cookie would never come back."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 -- Flask's signature
        return request.is_secure


def _keep_viewers_out() -> None:
    """What came in for a media domain came through Caddy: it gets the echo and the phone's page, nothing else."""
    if is_for_viewers() and not (request.endpoint or "").startswith(_FOR_VIEWERS):
        abort(404)


def _check_text() -> None:
    """No answer holds a NUL, and PostgreSQL stores none."""
    sent = request.form.values() if _sends_form() else ()
    texts = (request.path, *request.args.values(), *sent)
    if any("\x00" in text for text in texts):
        abort(400)


def _sends_form() -> bool:
    return request.method in _UNSAFE and not getattr(app_view(), "takes_ticket", False)


def _check_sign_in() -> AnyResponse | None:
    view = app_view()
    if request.endpoint == "static" or getattr(view, "is_public", False):
        return None
    g.owner = owners.signed_in_owner(joined().database, session.get(SIGN_IN, ""))
    if g.owner is not None:
        return None
    if view is None:
        return None  # no such page: the 404 says so
    if "text/event-stream" in request.headers.get("Accept", ""):
        return Response(status=204)  # a stream cannot follow to a page; its page asks for the sign-in
    if not owners.is_claimed(joined().database):
        return redirect(url_for("account.claim"), 303)
    back = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else referring_path()
    return redirect(url_for("account.login", next=back), 303)


def app_view() -> Callable[..., Any] | None:
    """The view of this request."""
    return current_app.view_functions.get(request.endpoint or "")


def _check_csrf() -> None:
    if not _sends_form():
        return
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRF-Token"))
    except ValidationError:
        g.is_forged = True
        if not getattr(app_view(), "shows_form", False):
            abort(400, "csrf")


def is_forged() -> bool:
    """True when the CSRF token did not hold: a view that shows its form again must change nothing."""
    return bool(g.get("is_forged"))


def keep_no_copy() -> None:
    """The answer holds a secret, so no cache and no Back button may keep it."""
    g.holds_secret = True


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if g.get("holds_secret"):
        response.headers["Cache-Control"] = "no-store"
    elif request.endpoint != "static" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-cache, private"
    return response


def _frame() -> dict[str, object]:
    theme = request.cookies.get("theme", "system")
    return {
        "signed_in": getattr(g, "owner", None) is not None,
        "theme": theme if theme in THEMES else "system",
        "version": joined().version,
    }


def is_worker_missing() -> bool:
    """True when no background worker gave a sign of life lately, or the broker does not answer."""
    from tasks.signals import has_worker  # noqa: PLC0415 -- keeps Celery's signals out of the import of every page

    try:
        return not has_worker(joined().place)
    except RedisError:
        return True
