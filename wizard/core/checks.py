"""The shape of a check: which subject it needs, how it observes, how it judges.

`observe(net, subject)` does I/O and returns a frozen dataclass; `judge(subject, seen)` is pure.
Both values travel as JSON (`msgspec.to_builtins` / `msgspec.convert`), so an observation can be made
on another machine, and one from a bug report becomes a test case unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from wizard.core.arriving import Arrival
from wizard.core.hosts import Edge, ProxyHost, Verify
from wizard.core.outside import Services
from wizard.core.streams import ServerWords
from wizard.core.vantages import HERE
from wizard.core.verdicts import Verdict
from wizard.core.ways import WaySetup

S = TypeVar("S")  # the subject: a frozen dataclass
O = TypeVar("O")  # what was seen: a frozen dataclass  # noqa: E741 -- pairs with S in every signature


class Hop(StrEnum):
    """The places of the hop picture, from the home to the viewer."""

    SERVER = "server"
    CADDY = "caddy"
    WAY_IN = "way-in"
    NAME = "name"
    VIEWER = "viewer"


HOP_TITLES = {
    Hop.SERVER: "Your server",
    Hop.CADDY: "Caddy",
    Hop.WAY_IN: "Way in",
    Hop.NAME: "External domain",
    Hop.VIEWER: "Viewer",
}


@dataclass(frozen=True, slots=True)
class Echo:
    """A one-time address on the media domain that leads through the host's header rules to our own echo.

    `path` is `/.well-known/porthole/<ticket>`; the answer carries `mark`, which nobody else can know.
    """

    path: str
    mark: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a subject may be taken from. Never leaves this machine: it holds the media token."""

    host: ProxyHost
    edge: Edge
    own_addresses: tuple[str, ...] = ()
    edge_addresses: tuple[str, ...] = ()
    roots_pem: str = ""  # the root of Caddy's own authority, when Caddy told us; else empty
    echoes: tuple[Echo, ...] = ()
    token: str = field(default="", repr=False)
    words: ServerWords = field(default=ServerWords())  # what the media server told before
    arrivals: tuple[Arrival, ...] = ()  # viewers of the last minutes as Caddy's log has them
    way: WaySetup | None = field(default=None, repr=False)  # what was set up for the way in of `host`
    hosts: tuple[ProxyHost, ...] = ()  # every proxy host, placed like `host`, in any order
    resolvers: tuple[str, ...] = ()  # public name servers to ask besides this machine's own
    server_id: str = ""  # who the media server at home said it was, last time; with its name
    server_name: str = ""
    probes: Services | None = None  # the public probes that the owner agreed to
    vantage: str = HERE
    light: bool = False  # nobody asked for this run, it is made by itself again and again: move little

    @property
    def is_elsewhere(self) -> bool:
        """True for a scene that may be looked at from another machine: see `elsewhere`."""
        return self.vantage != HERE

    def elsewhere(self, vantage: str) -> Scene:
        """The same without what only this machine may know or reach: no secret, no home address, no other hosts."""
        upstream = replace(self.host.upstream, address="", port=0, verify=Verify())
        host = replace(self.host, upstream=upstream)
        return replace(self, host=host, token="", way=None, hosts=(), own_addresses=(), vantage=vantage)


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a check is not made for this host, in words for the row."""

    reason: str


def _always(_host: ProxyHost) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Check(Generic[S, O]):
    """One question about the chain. One file each in `wizard/checks/`, named `CHECK`.

    `needs` names checks that must pass first; `through_caddy` says that it looks through Caddy, so that in a run
    which applies a configuration it waits for that, too; `seconds` is the hard limit for observing. `vantage` is
    where it is made; one that `travels` can also be made by a worker elsewhere, with a subject that was taken from
    a scene without secrets. `help` is the guide section of the row; `tickets` says how many one-time echoes the
    subject uses. Where it does not `applies` to a proxy host, a run has no row of it.
    """

    name: str
    title: str
    question: str
    hop: Hop
    help: str
    subject_type: type[S]
    seen_type: type[O]
    subject: Callable[[Scene], S | Skip]
    observe: Callable[[Any, S], O]
    judge: Callable[[S, O], tuple[Verdict, ...]]
    needs: tuple[str, ...] = ()
    through_caddy: bool = False
    vantage: str = HERE
    travels: bool = False
    deep: bool = False
    applies: Callable[[ProxyHost], bool] = _always
    seconds: float = 20.0
    tickets: int = 0
    order: int = field(default=100)
