"""Error pages: what happened, whose fault it is, and where to go from there."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, render_template, request
from werkzeug.exceptions import HTTPException

from wizard.store.clock import now
from wizard.store.session import Unavailable

log = logging.getLogger(__name__)

_PAGES = {
    404: ("We could not find that page", "The address may be old, or something was removed."),
    405: ("This page cannot be opened that way", "Go to the dashboard and start from there."),
    413: ("That was too much at once", "Nothing here needs more than a few lines of text."),
}


def show_errors(app: Flask) -> None:
    """Register the pages."""
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    if code == 400 and error.description == "csrf":
        title = "This page was open for a long time"
        text = "Go back, load the page again, and press the button once more."
    else:
        title, text = _PAGES.get(code, ("This did not work", "Go back and try another way."))
    return render_template("errors/page.html", title=title, text=text, reference=""), code


def _unexpected(error: Exception) -> tuple[str, int]:
    reference = secrets.token_hex(4)
    log.error("reference %s: %s %s", reference, request.method, request.path, exc_info=error)
    if isinstance(error, Unavailable):
        title = "The database does not answer"
        text = "It may be full, locked or stopped. Look at the free space of the data folder with df -h."
        return render_template("errors/page.html", title=title, text=text, reference=_details(reference)), 503
    title = "Something failed in the app, not in what you entered"
    text = "Your answers are kept. Try again; if it happens again, report it with these details."
    return render_template("errors/page.html", title=title, text=text, reference=_details(reference)), 500


def _details(reference: str) -> str:
    return f"Reference {reference}, {now():%Y-%m-%d %H:%M:%S} UTC, {request.method} {request.path}"
