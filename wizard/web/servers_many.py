"""Several proxy hosts at once: one row for each Plex server that has none, one way in for all, applied together."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from tasks.queueing import start_apply_and_runs
from wizard.adding import Wish, make_host
from wizard.core.domain import Domain
from wizard.core.hosts import ProxyHost
from wizard.core.refusal import Refusal
from wizard.methods import choosable
from wizard.store import hosts, servers
from wizard.web import servers_view
from wizard.web.forms import OneOf, page_errors
from wizard.web.guard import shows_form
from wizard.web.joined import joined
from wizard.web.settings_frame import frame

several_servers = Blueprint("several_servers", __name__)

Answer = str | Response | tuple[str, int]
_MOST = 20
_AT_ONCE = 8


class ManyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no type information
    """What all of them share. Ways in that want an agreement are chosen in the wizard, beside their terms."""

    method = OneOf(
        "Way in for all of them",
        "Select how people will reach them",
        {method.key: method.title for method in choosable() if not method.consent},
    )


@dataclass
class Row:
    """One server on the page, with what was typed for it."""

    saved: servers.SavedServer
    shown: dict[str, Any]
    typed: str
    error: str = ""

    @property
    def drawn(self) -> dict[str, Any]:
        """Everything the template needs."""
        return {**self.shown, "typed": self.typed, "error": self.error}


@several_servers.route("/settings/servers/hosts", methods=["GET", "POST"])
@shows_form
def many() -> Answer:
    """Show the rows, or make the proxy hosts: all of them, or none while one has an error."""
    form = ManyForm()
    rows = _rows()
    if form.validate_on_submit():
        made = _make(rows, str(form.method.data))
        if made and not any(row.error for row in rows):
            keys = _save(rows, made)
            start_apply_and_runs(joined().place, keys, _cause(made))
            if not any(row.error for row in rows):
                flash(f"{len(keys)} proxy hosts are on their way. Each one is being checked")
                return redirect(url_for("dashboard.show"), 303)
        if not made and rows and not any(row.error for row in rows):
            rows[0].error = "Enter a domain for at least one server"
    errors = page_errors(form) + [
        {"text": row.error, "field": f"domain-{number}"} for number, row in enumerate(rows, 1) if row.error
    ]
    page = render_template(
        "settings/servers_hosts.html",
        title="Make several proxy hosts",
        form=form,
        errors=errors,
        rows=[row.drawn for row in rows],
        sentences={method.key: method.sentence for method in choosable()},
        **frame("servers"),
    )
    return page, 422 if errors else 200


def _rows() -> list[Row]:
    typed = dict(zip(request.form.getlist("key"), request.form.getlist("domain"), strict=False))
    base = _base()
    saved = {one.key: one for one in servers.list_servers(joined().database)}
    free = [row for row in servers_view.rows() if row["is_plex"] and not row["domain"]][:_MOST]
    return [
        Row(saved[row["key"]], row, typed[row["key"]] if row["key"] in typed else suggest(row["name"], base))
        for row in free
        if not typed or row["key"] in typed
    ]


def _base() -> str:
    """The registrable name of the newest proxy host, to suggest names below it; empty without one."""
    known = hosts.list_hosts(joined().database)
    return known[-1].host.domain.registrable if known else ""


def suggest(name: str, base: str) -> str:
    """A domain for a server of this name, such as holiday-home.example.com; empty while no domain is known."""
    label = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    return f"{label}.{base}" if label and base else ""


def _make(rows: list[Row], method: str) -> dict[str, tuple[ProxyHost, dict[str, Any]]]:
    """The proxy hosts of the rows with a domain, by the key of their server. Each server is asked who it is first."""
    wanted = [row for row in rows if row.typed.strip()]
    taken = {saved.host.domain.name for saved in hosts.list_hosts(joined().database)}
    for row in wanted:
        domain = Domain.parse(row.typed)
        if isinstance(domain, Refusal):
            row.error = domain.message
        elif domain.name in taken:
            row.error = f"{domain} is the external domain of another proxy host already"
        else:
            taken.add(domain.name)
    if any(row.error for row in rows):
        return {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        place = joined().place
        made = list(pool.map(lambda row: make_host(place.net, _wish(row, method)), wanted))
    good: dict[str, tuple[ProxyHost, dict[str, Any]]] = {}
    for row, host in zip(wanted, made, strict=True):
        if isinstance(host, Refusal):
            row.error = host.message
        else:
            good[row.saved.key] = host
    return good


def _wish(row: Row, method: str) -> Wish:
    return Wish(row.typed, row.saved.found.url, media=row.saved.found.kind, method=method)


def _save(rows: list[Row], made: dict[str, tuple[ProxyHost, dict[str, Any]]]) -> list[str]:
    """The keys of the proxy hosts that are saved now."""
    saved = []
    for row in rows:
        if row.saved.key not in made:
            continue
        host, server = made[row.saved.key]
        try:
            hosts.save_host(joined().database, host, server={**server, "name": row.saved.found.name})
            saved.append(host.key)
        except hosts.DomainTakenError as other:  # somebody else was quicker
            row.error = f"{other} is the external domain of another proxy host already"
    return saved


def _cause(made: dict[str, tuple[ProxyHost, dict[str, Any]]]) -> str:
    return "Added " + ", ".join(str(host.domain) for host, _ in made.values())
