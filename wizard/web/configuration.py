"""What Caddy is given for a proxy host, what it runs now, and every attempt so far."""

from __future__ import annotations

import json

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from tasks import queueing
from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build
from wizard.caddy.difference import compare
from wizard.caddy.version import UNKNOWN
from wizard.core.verdicts import Trouble
from wizard.methods import placed
from wizard.store import revisions
from wizard.web.guard import keep_no_copy
from wizard.web.help_beside import beside, values_of
from wizard.web.host_pages import REVISION_WORDS, ago, host_nav, nobody_knows, saved_host
from wizard.web.joined import joined

configuration_views = Blueprint("configuration", __name__)


@configuration_views.get("/hosts/<key:host_key>/configuration")
def show(host_key: str) -> str:
    """The Caddyfile to read and copy, the JSON that is loaded, the difference to what runs, the attempts."""
    keep_no_copy()  # a Caddy that also serves other sites may hold their secrets
    saved = saved_host(host_key)
    place = joined().place
    edge = place.edge_of(saved.host)
    running, version = place.caddy_at(edge).get_config(), place.caddy_at(edge).version()
    known = UNKNOWN if isinstance(version, Trouble) else version
    difference = ""
    if not isinstance(running, Trouble):
        wanted = build(place.hosts_at(edge), edge, known, running.config).config
        difference = compare(running.config, wanted).json_diff
    return render_template(
        "hosts/configuration.html",
        title=f"Configuration of {saved.host.domain}",
        saved=saved,
        host=saved.host,
        nav=host_nav(saved, "configuration"),
        caddyfile=caddyfile([placed(saved.host)], edge, known),
        document=json.dumps(build([placed(saved.host)], edge, known, {}).config, indent=2),
        trouble=running if isinstance(running, Trouble) else None,
        difference=difference,
        revisions=[
            (one, ago(one.created_at), REVISION_WORDS.get(one.state, nobody_knows(one.state)))
            for one in revisions.list_revisions(place.database, edge=edge.name)
        ],
        help=beside("apply#difference", values_of(saved.host, saved.server_name)),
        help_below=True,
        wide=True,
    )


@configuration_views.get("/hosts/<key:host_key>/caddyfile")
def download(host_key: str) -> Response:
    """The same Caddyfile as a file."""
    saved = saved_host(host_key)
    edge = joined().place.edge_of(saved.host)
    version = joined().place.caddy_at(edge).version()
    text = caddyfile([placed(saved.host)], edge, UNKNOWN if isinstance(version, Trouble) else version)
    answer = Response(text, mimetype="text/plain")
    answer.headers["Content-Disposition"] = "attachment; filename=Caddyfile"
    return answer


@configuration_views.post("/hosts/<key:host_key>/apply")
def apply_again(host_key: str) -> AnyResponse:
    """Give Caddy its configuration again, then check."""
    saved = saved_host(host_key)
    run_id = queueing.start_apply_and_run(joined().place, host_key, f"Applied {saved.host.domain} again")
    return redirect(url_for("runs.show", host_key=host_key, run_id=run_id), 303)


@configuration_views.get("/hosts/<key:host_key>/revisions/<number:revision_id>")
def revision(host_key: str, revision_id: int) -> str:
    """One attempt: what it changed, in words and as a difference."""
    keep_no_copy()  # as above
    saved = saved_host(host_key)
    found = revisions.load_revision(joined().database, revision_id) or abort(404)
    return render_template(
        "hosts/revision.html",
        title=found.cause,
        saved=saved,
        host=saved.host,
        revision=found,
        words=REVISION_WORDS.get(found.state, nobody_knows(found.state)),
        difference=compare(found.before or {}, found.after or {}).json_diff if found.after is not None else "",
        back={"url": url_for("configuration.show", host_key=host_key), "text": "Back to the configuration"},
        help=beside("apply#revisions", values_of(saved.host, saved.server_name)),
        help_below=True,
        wide=True,
    )
