"""Error pages: what happened, whose fault it is, and where to go from there."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from wizard.store import tickets
from wizard.store.clock import now
from wizard.store.session import Unavailable
from wizard.web.parts_answer import parts_answer, wants_parts
from wizard.web.viewers import is_for_viewers
from wizard.web.ways_back import referring_path

log = logging.getLogger(__name__)

Answer = tuple[str | Response, int]
_PAGES = {
    404: ("We could not find that page", "The address may be old, or something was removed."),
    405: ("This page cannot be opened that way", "Go to the dashboard and start from there."),
    413: ("That was too much at once", "Nothing here needs more than a few lines of text."),
}


def show_errors(app: Flask) -> None:
    """Register the pages."""
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: HTTPException) -> Answer | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    if code == 400 and error.description == "csrf":
        title = "This page was open for a long time"
        text = "Nothing was changed. Open the page again and press the button once more."
        return _page(code, title, text, retry=referring_path(""))
    title, text = _PAGES.get(code, ("This did not work", "Go back and try another way."))
    return _page(code, title, text)


def _unexpected(error: Exception) -> Answer:
    reference = secrets.token_hex(4)
    # the path of a viewer holds the secret by which one browser goes through its visit
    path = tickets.PREFIX if is_for_viewers() else request.path
    log.error("reference %s: %s %s", reference, request.method, path, exc_info=error)
    retry = request.full_path.rstrip("?") if request.method == "GET" else ""
    if isinstance(error, Unavailable):
        title = "The database does not answer"
        text = "It may be full, locked or stopped. Look at the free space of the data folder with df -h."
        return _page(503, title, text, _details(reference), retry)
    title = "Something failed in the app, not in what you entered"
    text = "What was saved before is kept. Try again; if it happens again, report it with these details."
    return _page(500, title, text, _details(reference), retry)


def _page(code: int, title: str, text: str, reference: str = "", retry: str = "") -> Answer:
    """A whole page, one line for app.js, or nothing at all for a viewer, who is told nothing about this app."""
    if is_for_viewers():
        return Response("", mimetype="text/plain"), code
    if wants_parts():
        line = Markup('<p id="notice" class="notice" tabindex="-1">{}. {}</p>').format(title, text)
        return parts_answer({"notice": line}, say=title, urgent=True, focus="notice"), code
    return render_template("errors/page.html", title=title, text=text, reference=reference, retry=retry), code


def _details(reference: str) -> str:
    return f"Reference {reference}, {now():%Y-%m-%d %H:%M:%S} UTC, {request.method} {request.path}"
