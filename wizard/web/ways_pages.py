"""Settings → Ways in: each way in, whether it is set up here, and how it stands.

Where there is something to set up, a way in has a page of its own, named in SET_UP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from tasks import queueing
from wizard.checks.way import status_of
from wizard.core.ways import WayState, WayStatus
from wizard.methods import METHODS, Method
from wizard.store import hosts, ways
from wizard.web.help_beside import beside
from wizard.web.host_pages import ago
from wizard.web.joined import joined
from wizard.web.settings_frame import frame

way_pages = Blueprint("ways_in", __name__)

SET_UP: dict[str, str] = {}
"""The endpoint of each way's own page, by the key of the way."""
TAGS = {
    WayState.NOT_SET_UP: ("new", "Not set up here"),
    WayState.WAITING: ("waiting", "Waiting"),
    WayState.CONNECTED: ("connected", "Connected"),
    WayState.TROUBLE: ("failed", "Needs attention"),
    WayState.UNKNOWN: ("unknown", "Could not tell"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One way in on a page. `status` is None where there is nothing of its own to look at, or nobody looked yet."""

    method: Method
    status: WayStatus | None
    seen_at: datetime | None
    domains: tuple[str, ...]
    url: str

    @property
    def tag(self) -> tuple[str, str]:
        """State and word of its tag."""
        return TAGS[self.status.state] if self.status else ("new", "Not looked at yet")

    @property
    def seen_text(self) -> str:
        """When it was looked at, in words."""
        return ago(self.seen_at) if self.seen_at else ""


@way_pages.get("/settings/ways")
def show() -> str:
    """All of them."""
    return render_template(
        "settings/ways.html",
        title="Ways in",
        ways=[shown(method) for method in METHODS.values() if method.is_choosable],
        help=beside("routes#choose"),
        **frame("ways"),
    )


@way_pages.post("/settings/ways/<word:key>/look")
def look(key: str) -> Response:
    """Look at one again; the page shows what was seen as soon as it is there."""
    if key not in METHODS or METHODS[key].watch is None:
        abort(404)
    queueing.start_look(key)
    flash(f"Looking at {METHODS[key].title} now")
    return redirect(url_for(SET_UP.get(key, "ways_in.show")), 303)


def shown(method: Method) -> Shown:
    """One way in, from what was seen last."""
    saved = ways.load_way(joined().database, method.key)
    status = None
    if method.watch is not None and saved.seen is not None:
        status = status_of(joined().place.way(method.key), saved.seen)
    domains = tuple(
        one.host.domain.name for one in hosts.list_hosts(joined().database) if one.host.method == method.key
    )
    url = url_for(SET_UP[method.key]) if method.key in SET_UP else ""
    return Shown(method, status, saved.seen_at, domains, url)
