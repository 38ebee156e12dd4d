"""Findings about an authority that looks at the name, and does not find our Caddy there."""

from __future__ import annotations

from wizard.checks.issuance_case import LIMIT, NO_APP, Case
from wizard.checks.words import remedy
from wizard.core.verdicts import Level, Verdict

_HOW = (
    ("refused", "the connection is refused"),
    ("reset", "the connection is cut"),
    ("timeout", "no answer comes"),
    ("timed out", "no answer comes"),
    ("no route", "nobody is there"),
)


def unreachable(case: Case) -> Verdict:
    """Nobody takes the connection."""
    words = case.words.lower()
    how = next((sentence for mark, sentence in _HOW if mark in words), "nobody answers")
    at = f"{case.address}, {case.ports}" if case.address else case.ports
    return Verdict(
        "issuance-unreachable",
        Level.FAILURE,
        f"{case.authority} cannot connect to {case.domain}: {how} at {at}",
        f"It has to open {case.domain} from the internet before it vouches for the name. {NO_APP}",
        case.detail,
        remedy(
            "issuance-unreachable",
            "Let ports 80 and 443 lead to Caddy from outside.",
            *case.opened(),
            LIMIT,
            case.again,
        ),
    )


def other_server(case: Case) -> Verdict:
    """Somebody else takes the connection."""
    at = f"{case.domain} ({case.address})" if case.address else case.domain
    return Verdict(
        "issuance-other-server",
        Level.FAILURE,
        f"{case.authority} looked at {at}, and something other than your Caddy answered",
        f"It expects Caddy's answer to its question, and got another one. {NO_APP}",
        case.detail,
        remedy(
            "issuance-other-server",
            f"Let {case.domain} lead to your Caddy and to nothing else.",
            f"Open http://{case.domain}/ from a phone with Wi-Fi off: who answers? A router's page, another web "
            "server, a CDN?",
            "Lead ports 80 and 443 to Caddy instead. At Cloudflare, switch the cloud of that record to grey.",
            "Delete A and AAAA records of that name that lead elsewhere: each of them may be looked at.",
            LIMIT,
            case.again,
        ),
    )


def name_not_found(case: Case) -> Verdict:
    """The authority finds no address."""
    return Verdict(
        "issuance-name-not-found",
        Level.FAILURE,
        f"{case.authority} finds no public address for {case.domain} in DNS",
        f"It looks the name up from the internet, whatever your own network knows. {NO_APP}",
        case.detail,
        remedy(
            "issuance-name-not-found",
            f"Add the missing record for {case.domain}.",
            case.method.advise_dns(case.host.domain),
            "Check the spelling of the name there and here.",
            "A new name can take up to an hour to be seen everywhere.",
            case.again,
        ),
    )


def dns_broken(case: Case) -> Verdict:
    """The name servers of the domain give no proper answer."""
    registrable = case.host.domain.registrable
    return Verdict(
        "issuance-dns-broken",
        Level.FAILURE,
        f"{case.authority} gets no proper answer about {case.domain} from the name servers of {registrable}",
        f"It asks them itself, for the address and for CAA. If they fail, it must refuse. {NO_APP}",
        case.detail,
        remedy(
            "issuance-dns-broken",
            f"Repair the name servers of {registrable}.",
            "SERVFAIL often means DNSSEC: if the keys changed or you moved to another provider, correct or remove "
            "the DS record at the registrar.",
            f"Check at the registrar that the name servers listed for {registrable} are those of your DNS provider.",
            "A time-out may pass by itself within minutes.",
            case.again,
        ),
    )


def some_places(case: Case) -> Verdict:
    """It works from one place and not from others."""
    return Verdict(
        "issuance-some-places",
        Level.FAILURE,
        f"{case.authority} reaches {case.domain} from one place in the world and not from others",
        f"It looks from several countries at once and wants the same answer everywhere. {NO_APP}",
        case.detail,
        remedy(
            "issuance-some-places",
            "Let the whole world in on ports 80 and 443.",
            "Switch off blocking by country (GeoIP) and by reputation in the firewall, for these two ports.",
            "Delete A and AAAA records of that name that lead elsewhere.",
            "A record that was changed a moment ago is not the same everywhere yet: wait an hour.",
            case.again,
        ),
    )


def no_challenge(case: Case) -> Verdict:
    """No challenge can work on this way in."""
    return Verdict(
        "issuance-no-challenge",
        Level.FAILURE,
        f"No authority can check {case.domain} by connecting to Caddy on this way in ({case.method.title})",
        f"HTTP-01 and TLS-ALPN-01 need a port that is open to the internet. {NO_APP}",
        case.detail,
        remedy(
            "issuance-no-challenge",
            "Use what this way in offers, or choose another one.",
            case.method.certificate_plan,
            "With a Caddy that has the module of your DNS provider, set up the DNS challenge in it.",
            "Or choose a way in on which ports 80 and 443 are open, such as your own VPS.",
        ),
    )
