"""The help reader: contents, pages, search, and single sections for the help column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    get_template_attribute,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from markupsafe import Markup

from wizard.core.flow import number_of
from wizard.guides.pages import Guide
from wizard.guides.shelf import CONTRIBUTING
from wizard.store import hosts
from wizard.web.guard import public
from wizard.web.help_beside import beside, help_url, values_of
from wizard.web.joined import DOCS, joined
from wizard.web.parts_answer import parts_answer, wants_parts
from wizard.web.setup.pages import BY_NAME, STEPS
from wizard.web.used_in import uses_of
from wizard.web.ways_back import referring_path

help_views = Blueprint("help", __name__)

_STEP = re.compile(r"/hosts/(?:new|[^/]+/edit)/([a-z]+)")
_OPENED_FROM = "help_opened_from"
LONGEST_LIST = 40  # headings beside a page
TRIES = ("tunnel", "certificate", "limit", "local", "cgnat")


@help_views.get("/help")
def index() -> str:
    """Every guide with its sentence."""
    return render_template(
        "help/index.html", title="Help", nav_here="help", groups=_groups(), main_class="reader-page"
    )


@help_views.get("/help/search")
def search() -> str:
    """Sections that fit some words."""
    query = request.args.get("q", "").strip()[:200]
    hits = [
        {
            "url": help_url(f"{hit.page}#{hit.id}" if hit.id else hit.page),
            "page_title": hit.page_title,
            "title": hit.title,
            "snippet": Markup(hit.snippet),  # noqa: S704 -- escaped by the index, which adds only <mark>
        }
        for hit in (joined().guides.search(query) if query else ())
    ]
    return render_template(
        "help/search.html", title="Search the help", nav_here="help", query=query, hits=hits, tries=TRIES
    )


@help_views.get("/help/section")
def fragment() -> Response:
    """One section for the help column, for app.js; a plain link gets the page itself."""
    target = request.args.get("target", "")
    section = beside(target, _values_of(_chosen()))
    if section is None:
        abort(404)
    if not wants_parts():
        return Response(status=303, headers={"Location": section.url})
    panel = get_template_attribute("parts/page.html", "help_panel")
    html = panel(section.html, section.url, url_for("help.fragment") + "?target=", section.examples)
    return parts_answer({"help-panel": html})


@help_views.get("/help/pictures/<path:name>")
@public
def picture(name: str) -> Response:
    """A drawing of the guides."""
    return send_from_directory(Path(DOCS, "pictures"), name, max_age=3600)


@help_views.get("/help/<path:slug>")
def page(slug: str) -> str:
    """One guide, with the person's own values in it."""
    chosen = _chosen()
    guide = joined().guides.page(slug, _values_of(chosen))
    if guide is None:
        abort(404)
    previous, following = joined().guides.previous(slug), joined().guides.next(slug)
    return render_template(
        "help/page.html",
        title=guide.title,
        guide=guide,
        html=Markup(guide.html),  # noqa: S704 -- sanitised by nh3 when it was loaded
        groups=_groups(),
        sections=_on_this_page(guide),
        back=_back_to_step(),
        uses=uses_of(slug, chosen.host.key if chosen else ""),
        previous=_turn(previous),
        following=_turn(following),
        nav_here="help",
        main_class="reader-page",
    )


def _back_to_step() -> dict[str, str] | None:
    """The way back to the step of the wizard that this page was opened from, also after turning pages of the help."""
    came_from = referring_path("")
    if _step_of(came_from):
        session[_OPENED_FROM] = came_from
    elif not came_from.startswith(url_for("help.index")):
        session.pop(_OPENED_FROM, None)
    path = str(session.get(_OPENED_FROM, ""))
    name = _step_of(path)
    return {"url": path, "text": f"Back to step {number_of(STEPS, name)}"} if name else None


def _step_of(path: str) -> str:
    """The step whose address this is; empty for any other address."""
    found = _STEP.fullmatch(path.partition("?")[0])
    return found[1] if found is not None and found[1] in BY_NAME else ""


def _on_this_page(guide: Guide) -> list[dict[str, Any]]:
    """The headings beside a page: two levels, or one when two would be too long a list to look through."""
    deepest = 3 if sum(s.level <= 3 for s in guide.sections) <= LONGEST_LIST else 2
    return [{"id": s.id, "title": s.title, "level": s.level} for s in guide.sections if s.level <= deepest]


def _turn(guide: Any) -> dict[str, str] | None:
    return {"url": help_url(guide.slug), "title": guide.title} if guide else None


def _groups() -> list[dict[str, Any]]:
    """The guides by group; a group stands where its first guide stands."""
    pages = sorted(joined().guides.pages, key=lambda guide: (guide.slug.startswith(CONTRIBUTING), guide.order))
    groups: dict[str, list[dict[str, str]]] = {}
    for guide in pages:
        shown = {"title": guide.title, "url": help_url(guide.slug), "slug": guide.slug, "summary": guide.summary}
        groups.setdefault(guide.group, []).append(shown)
    return [{"title": title, "pages": listed} for title, listed in groups.items()]


def _chosen() -> hosts.SavedHost | None:
    """The proxy host that a page belongs to; the only one, when there is just one."""
    saved = hosts.list_hosts(joined().database)
    wanted = request.args.get("host", "")
    return next((one for one in saved if one.host.key == wanted), saved[0] if len(saved) == 1 else None)


def _values_of(chosen: hosts.SavedHost | None) -> dict[str, str]:
    return values_of(chosen.host, chosen.server_name) if chosen else {}
