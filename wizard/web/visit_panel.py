"""The panel “See it from outside”: a link for a phone, and live what the phone sees."""

from __future__ import annotations

from flask import render_template
from markupsafe import Markup

from wizard import visiting
from wizard.core.hosts import ProxyHost
from wizard.core.visits import Visit
from wizard.store import visits
from wizard.store.clock import now
from wizard.store.hosts import SavedHost
from wizard.web.help_beside import help_url
from wizard.web.joined import joined
from wizard.web.pictures import qr_code
from wizard.web.visits_view import VisitView, view_visit

ID = "outside"


def draw_panel(saved: SavedHost, run_id: int | None = None) -> Markup:
    """The panel as it stands. `run_id` names the run beside which a new link is made."""
    visit = visits.latest_visit(joined().database, saved.host.key)
    view = draw_visit(saved, visit) if visit is not None else None
    link = _link_of(saved.host, visit) if visit is not None and view is not None and view.is_open else ""
    drawn = render_template(
        "visits/panel.html",
        host=saved.host,
        visit=visit,
        view=view,
        link=link,
        qr=qr_code(link, f"QR code of the one-time link to {saved.host.domain}") if link else "",
        is_awaited=visit is not None and visit.is_awaited(now()),
        run_id=run_id,
    )
    return Markup(drawn)  # noqa: S704 -- made by Jinja, which escapes what is in it


def draw_visit(saved: SavedHost, visit: Visit) -> VisitView:
    """One visit with what was found, or what can be said so far."""
    return view_visit(visit, visiting.findings_of(joined().database, saved, visit), help_url, now())


def is_awaited(host_key: str) -> bool:
    """True while something may still happen to the newest visit of a host."""
    visit = visits.latest_visit(joined().database, host_key)
    return visit is not None and visit.is_awaited(now())


def mark_of(host_key: str) -> tuple[int, int, str]:
    """Grows or changes with every visible change of the panel."""
    visit = visits.latest_visit(joined().database, host_key)
    return (visit.id, visit.version, visit.stage(now())) if visit is not None else (0, 0, "")


def words_of(saved: SavedHost) -> str:
    """What a live page says aloud about the newest visit."""
    visit = visits.latest_visit(joined().database, saved.host.key)
    return draw_visit(saved, visit).text if visit is not None else ""


def _link_of(host: ProxyHost, visit: Visit) -> str:
    secret = joined().place.vault.open(visit.sealed_link)
    return host.public_url(joined().place.edge_of(host)) + visits.path_of(secret) if secret else ""
