"""One certificate that does not come: who asked for what, and the words that all findings about it share."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wizard.checks.words import listed
from wizard.core.addresses import Address, parse_address
from wizard.core.hosts import ProxyHost
from wizard.core.issuance import Issuance, Problem, State
from wizard.methods import Challenge, Method, Record

NO_APP = "Without a certificate no app connects."
LIMIT = "Repair first: after five failed tries in an hour, Let's Encrypt stops listening for that name."

_PORTS = {Challenge.HTTP: "80", Challenge.TLS_ALPN: "443"}
_FROM_OUTSIDE = frozenset(_PORTS)
_MOST_WORDS = 500
_ADDRESSES = (
    re.compile(r"^(?:During secondary validation: )?(?P<address>[0-9A-Fa-f:.]{3,}): "),
    re.compile(r"(?:dial tcp|connect to|from) \[?(?P<address>[0-9A-Fa-f:.]{3,}?)\]?:\d+\b"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """What is known, and the problem that tells most about it."""

    issuance: Issuance
    host: ProxyHost
    method: Method
    problem: Problem | None = None

    @property
    def domain(self) -> str:
        """The external domain."""
        return self.host.domain.name

    @property
    def authority(self) -> str:
        """The one that was asked, to begin a sentence with."""
        issuer = next((found.issuer for found in reversed(self.issuance.problems) if found.issuer), "")
        if "letsencrypt.org" in issuer:
            return "Let's Encrypt"
        return "ZeroSSL" if "zerossl" in issuer else "The certificate authority"

    @property
    def words(self) -> str:
        """What was said about that problem, "" when there is none."""
        return self.problem.words if self.problem else ""

    @property
    def address(self) -> Address | None:
        """The address at which the authority looked, when it says so."""
        for pattern in _ADDRESSES:
            if (match := pattern.search(self.words)) and (found := parse_address(match["address"])):
                return found
        return None

    @property
    def ports(self) -> str:
        """The public ports at which the authority looked: `port 80`, `ports 80 and 443`."""
        tried = {problem.challenge for problem in self.issuance.problems}
        ports = tuple(port for challenge, port in _PORTS.items() if challenge in tried) or tuple(_PORTS.values())
        return f"port{'s' if len(ports) > 1 else ''} {listed(ports)}"

    @property
    def is_reachable(self) -> bool:
        """True when this way in lets an authority prove the name by connecting to Caddy."""
        return bool(_FROM_OUTSIDE.intersection(self.method.challenges))

    @property
    def detail(self) -> str:
        """Caddy's and the authority's own words, for the folded detail; "" when nothing was said."""
        if not self.issuance.problems:
            return ""
        said = [
            f"{f'{problem.challenge}: ' if problem.challenge else ''}"
            f"{problem.words[:_MOST_WORDS]}{f' ({problem.kind})' if problem.kind else ''}"
            for problem in self.issuance.problems
        ]
        tries = f"Failed tries: {self.issuance.tries}." if self.issuance.tries else ""
        return " ".join(["From Caddy's own log.", tries, "; ".join(said)]).replace("  ", " ").strip()

    @property
    def again(self) -> str:
        """When the next try is, and how to have one at once."""
        match self.issuance.state:
            case State.WAITING if self.issuance.next_try_at:
                return (
                    f"Caddy tries again by itself at {self.issuance.next_try_at:%H:%M} UTC. "
                    "Checking or applying again makes it try at once, a few times in an hour."
                )
            case State.FAILED:
                return "Caddy does not try again by itself. Checking again makes it try."
            case _:
                return "Caddy is trying again right now: check again in a minute."

    def opened(self) -> tuple[str, ...]:
        """The steps that let an authority in from outside on this way in."""
        address = self.address
        steps = []
        if address is not None and address.version == 6 and self.method.record is not Record.AAAA:
            steps.append(
                f"An AAAA record leads to {address}, and authorities try IPv6 first. "
                "Delete it, or open both ports there."
            )
        if any("router" in hop.lower() for hop in self.method.path):
            family = " over IPv6" if self.method.record is Record.AAAA else ""
            steps.append(f"Check in your router that ports 80 and 443{family} lead to the machine with Caddy.")
            if self.method.record is not Record.AAAA:
                steps.append(
                    "Behind CGNAT nobody outside reaches a port at home over IPv4, so neither HTTP-01 nor "
                    "TLS-ALPN-01 can work: choose another way in."
                )
        else:
            steps.append("Open ports 80 and 443 on the machine with Caddy, also at the provider of that machine.")
        return tuple(steps)
