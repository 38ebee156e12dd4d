"""Where in the app a guide is used: the steps, pages and checks that send people to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from flask import url_for

from wizard.checks import CHECKS
from wizard.core.flow import number_of
from wizard.guides.uses import checks_leading_to
from wizard.web.help_beside import help_url
from wizard.web.joined import joined
from wizard.web.setup.field_guides import FIELD_GUIDES, fields_of
from wizard.web.setup.pages import PAGES, STEPS


@dataclass(frozen=True, slots=True)
class Use:
    """One place that uses a guide; `url` is empty where the place belongs to a proxy host and none is known."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the app with a section of the guides beside it. `of_host`: its address holds the proxy host."""

    text: str
    endpoint: str
    guides: tuple[str, ...]
    of_host: bool = False


# a view that names a section gets its row here; a test compares. The ways in share one row, as they share one list
PLACES = (
    Place("Set-up code", "", ("first-run",)),
    Place("Your connection", "connection.show", ("cgnat",)),
    Place("Overview", "hosts.overview", ("plex-mode",), of_host=True),
    Place("Edit", "hosts.edit", ("plex-mode",), of_host=True),
    Place("The server's token", "tokens.edit", ("plex-mode",), of_host=True),
    Place("Configuration", "configuration.show", ("apply",), of_host=True),
    Place("Checks", "checks.show", ("checks",), of_host=True),
    Place("From outside", "visit_links.show", ("checks",), of_host=True),
    Place("Traffic", "traffic.board", ("local-vs-remote",), of_host=True),
    Place("What would the server call this address?", "locality.ask", ("local-vs-remote",), of_host=True),
    Place("Traffic history", "traffic_history.show", ("traffic-history",), of_host=True),
    Place("Requests", "traffic_history.requests", ("traffic-history",), of_host=True),
    Place("Settings: Checks", "check_settings.show", ("checks",)),
    Place("Settings: Vantages", "vantages.show", ("vantages",)),
    Place("Settings: Notifications", "notifications.show", ("notifications",)),
    Place("Settings: Caddies", "caddies.show", ("connect",)),
    Place("Settings: Ways in", "ways_in.show", ("routes", "connect")),
    Place("Settings: Tailscale", "tailscale.show", ("tailscale-plex",)),
    Place("Settings: Servers", "servers.show", ("find-your-server",)),
)


def uses_of(slug: str, host_key: str = "") -> tuple[Use, ...]:
    """The places that use a guide: steps first, then pages, then checks. `host_key`: the proxy host to lead to."""
    return (*_steps(slug, host_key), *_places(slug, host_key), *_checks(slug))


def _steps(slug: str, host_key: str) -> list[Use]:
    using = [
        page.step
        for page in PAGES
        if slug in {target.partition("#")[0] for target in (page.help, *page.shows, *_field_targets(page.form))}
    ]
    return [
        Use(
            f"step {number_of(STEPS, step.name)}, {step.title}",
            url_for("setup.step", name=step.name, host_key=host_key) if host_key else "",
        )
        for step in using
    ]


def _field_targets(form: type) -> list[str]:
    return [FIELD_GUIDES[name] for name in fields_of(form)]


def _places(slug: str, host_key: str) -> list[Use]:
    return [Use(place.text, _url(place, host_key)) for place in PLACES if slug in place.guides]


def _url(place: Place, host_key: str) -> str:
    if not place.endpoint:
        return ""
    if not place.of_host:
        return url_for(place.endpoint)
    return url_for(place.endpoint, host_key=host_key) if host_key else ""


def _checks(slug: str) -> list[Use]:
    names = _leading_to(slug)
    if len(names) == len(CHECKS):
        return [Use("every check", help_url("checks#list"))]
    return [Use(f"check “{CHECKS[name].title}”", help_url(f"checks#{name}")) for name in names]


@cache
def _leading_to(slug: str) -> tuple[str, ...]:
    # the guides of a process never change, and neither do its checks
    return checks_leading_to(joined().guides, slug, CHECKS)
