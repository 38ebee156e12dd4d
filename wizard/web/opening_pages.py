"""Settings → Ways in → Port forwarding and IPv6: what to open, which address to publish, how outside is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, url_for

from wizard.core.connection import Facts
from wizard.core.lasting import Own6
from wizard.core.nat import NatVerdict, judge
from wizard.core.opening import Opening, open_ipv4, open_ipv6
from wizard.methods import METHODS
from wizard.net.machine import own_six
from wizard.store import hosts, profiles
from wizard.web.connection_view import facts_of
from wizard.web.help_beside import beside
from wizard.web.joined import joined
from wizard.web.settings_frame import frame
from wizard.web.ways_pages import SET_UP

opening_pages = Blueprint("opening", __name__)

SET_UP["direct"], SET_UP["ipv6"] = "opening.direct", "opening.ipv6"


@dataclass(frozen=True, slots=True)
class Host:
    """A proxy host that uses this way in, and where a phone proves it."""

    domain: str
    visits: str
    checks: str


@opening_pages.get("/settings/ways/direct")
def direct() -> str:
    """Forwards on the router, and the public IPv4 address."""
    facts, verdict = _known()
    return _page("direct", open_ipv4(facts, verdict, joined().place.edge), ())


@opening_pages.get("/settings/ways/ipv6")
def ipv6() -> str:
    """A hole in the router's firewall, and the address of this machine that lasts."""
    facts, verdict = _known()
    own = own_six()
    return _page("ipv6", open_ipv6(facts, verdict, joined().place.edge, own), own)


def _known() -> tuple[Facts, NatVerdict]:
    database = joined().database
    facts = facts_of(profiles.load_profile(database), profiles.load_told(database), "")
    return facts, judge(facts)


def _page(key: str, opening: Opening, own: tuple[Own6, ...]) -> str:
    method = METHODS[key]
    return render_template(
        "settings/opening.html",
        title=method.title,
        method=method,
        opening=opening,
        own=own,
        is_six=key == "ipv6",
        hosts=[
            Host(
                one.host.domain.name,
                url_for("visit_links.show", host_key=one.host.key),
                url_for("hosts.overview", host_key=one.host.key),
            )
            for one in hosts.list_hosts(joined().database)
            if one.host.method == key
        ],
        back={"url": url_for("ways_in.show"), "text": "Ways in"},
        help=beside(f"connect#{key}"),
        **frame("ways"),
    )
