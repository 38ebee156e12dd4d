"""The pages of one proxy host: overview, edit, pause, remove."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from tasks import queueing
from wizard.media import MEDIA
from wizard.media.shape import Place
from wizard.methods import placed
from wizard.store import drafts, hosts, scheduled, server_words
from wizard.store.clock import now
from wizard.web.caddy_seen import caddy_seen
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import ago, days_of, host_nav, host_page, saved_host
from wizard.web.joined import joined
from wizard.web.pictures import capacity, history
from wizard.web.setup.answers import answers_of
from wizard.web.setup.context import review_groups
from wizard.web.visit_panel import draw_panel
from wizard.web.warnings import warnings_of

host_views = Blueprint("hosts", __name__)


@host_views.get("/hosts/<key:host_key>")
def overview(host_key: str) -> str:
    """How it stands, its address, warnings, the last run."""
    saved = saved_host(host_key)
    page = host_page(saved)
    edge = joined().place.edge_of(saved.host)
    address = saved.host.public_url(edge)
    media = MEDIA[saved.host.upstream.media]
    return render_template(
        "hosts/overview.html",
        title=saved.host.domain.name,
        saved=saved,
        host=saved.host,
        page=page,
        state=page.state,
        nav=host_nav(saved, "overview"),
        address=address,
        media=media,
        custom_url=saved.host.custom_server_access_url(edge) if media.has_plex_mode else "",
        instructions=media.instructions(Place(placed(saved.host), edge, caddy_seen(saved.host))),
        panel=draw_panel(saved),
        warnings=warnings_of(saved.host, server_words.load_words(joined().database, host_key)),
        capacity=capacity(saved.host.upload_mbps, saved.host.stream_limit_mbps),
        **_history(host_key),
        checked=ago(page.run.finished_at) if page.run and page.run.finished_at else "",
        help=beside("plex-mode#what-to-expect", values_of(saved.host, saved.server_name)),
        wide=True,
    )


def _history(host_key: str) -> dict[str, object]:
    days = days_of(host_key)
    first = now() - timedelta(days=len(days) - 1)
    named = ((f"{first + timedelta(days=number):%d %B}", day) for number, day in enumerate(days))
    return {
        "history": history(days),
        "bad_days": [
            (name, d.checks, d.failures, d.interruptions) for name, d in reversed(list(named)) if d.failures
        ],
        "schedule": scheduled.load_schedule(joined().database),
    }


@host_views.get("/hosts/<key:host_key>/edit")
def edit(host_key: str) -> str:
    """Every setting with a Change link, and what else can be done with the host."""
    saved = saved_host(host_key)
    return render_template(
        "hosts/edit.html",
        title=f"Edit {saved.host.domain}",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "edit"),
        groups=review_groups(saved.host, answers_of(saved.host, saved.server)),
        media=MEDIA[saved.host.upstream.media],
        has_draft=bool(drafts.load_draft(joined().database, host_key).answers),
        help=beside("plex-mode#what-it-does", values_of(saved.host, saved.server_name)),
    )


@host_views.post("/hosts/<key:host_key>/pause")
def pause(host_key: str) -> AnyResponse:
    """Stop or go on serving it. Its certificate and settings stay."""
    saved = saved_host(host_key)
    is_paused = request.form.get("pause") == "1"
    if saved.host.paused != is_paused:
        word = "Paused" if is_paused else "Resumed"
        hosts.save_host(joined().database, replace(saved.host, paused=is_paused))
        queueing.start_apply(joined().place, f"{word} {saved.host.domain}", _edge_name(saved))
        flash(f"{word}. Caddy is being told now")
    return redirect(url_for("hosts.overview", host_key=host_key), 303)


@host_views.route("/hosts/<key:host_key>/remove", methods=["GET", "POST"])
def remove(host_key: str) -> AnyResponse | str:
    """A page that says what goes and what stays; then it goes."""
    saved = saved_host(host_key)
    if request.method == "POST":
        edge = _edge_name(saved)
        drafts.drop_draft(joined().database, host_key)
        hosts.remove_host(joined().database, host_key)
        queueing.start_apply(joined().place, f"Removed {saved.host.domain}", edge)
        flash(f"{saved.host.domain} is removed. Caddy is being told now")
        return redirect(url_for("dashboard.show"), 303)
    return render_template(
        "hosts/remove.html",
        title=f"Remove {saved.host.domain}",
        saved=saved,
        host=saved.host,
        media=MEDIA[saved.host.upstream.media],
        back={"url": url_for("hosts.edit", host_key=host_key), "text": "Back to edit"},
    )


def _edge_name(saved: hosts.SavedHost) -> str:
    return joined().place.edge_of(saved.host).name
