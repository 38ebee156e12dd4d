"""Is anything open to the internet that should not be: the media server without a sign-in, or Caddy's admin API?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from wizard.checks.exposure_doors import Door, at_doors
from wizard.checks.exposure_findings import judge_exposure
from wizard.checks.exposure_seen import Entrance, Lists, Seen, read_entrance, read_lists, read_peer
from wizard.checks.places import PAUSED, authority, public_port
from wizard.core.addresses import Kind, kind_of, parse_address
from wizard.core.checks import Check, Echo, Hop, Scene, Skip
from wizard.core.hosts import Edge, Upstream
from wizard.media import MEDIA, identify_at
from wizard.media.shape import Identity
from wizard.methods import METHODS
from wizard.net.door import Net
from wizard.net.exchange import address_host

_SECONDS = 5.0
_ADMIN_PORT = 2019  # Caddy's own default
# what answers only those who are signed in; for other kinds none is known
_CLOSED_PATHS = {"plex": "/", "jellyfin": "/System/Info"}


@dataclass(frozen=True, slots=True)
class Subject:
    """The public name, the media server at home, and where Caddy takes orders.

    `token` goes to the media server at its home address and nowhere else. `admin_ports` is empty where the name
    does not lead to the machine with Caddy. `echo` tells from which address a Caddy elsewhere asks.
    """

    domain: str
    port: int
    upstream: Upstream
    forward_client_ip: bool
    admin_ports: tuple[int, ...]
    is_caddy_here: bool
    echo: Echo | None = None
    roots_pem: str = ""
    token: str = field(default="", repr=False)

    @property
    def title(self) -> str:
        """The media server as people call it."""
        return MEDIA[self.upstream.media].title if self.upstream.media != "other" else "Your application"

    @property
    def home(self) -> str:
        """Where the media server is opened at home; elsewhere that is not known."""
        return self.upstream.url if self.upstream.address else "your media server"

    @property
    def url(self) -> str:
        """The public address, with the base path when there is one."""
        return f"https://{authority(self.domain, self.port)}{self.upstream.base_path}"


def subject(scene: Scene) -> Subject | Skip:
    """The token only for a Plex, whose lists are read with it."""
    host = scene.host
    if host.paused:
        return PAUSED
    way_in = METHODS[host.method]
    leads_to_caddy = way_in.points_at_edge or host.method == "tailnet"
    if host.upstream.media == "other" and not leads_to_caddy:
        return Skip("Nothing is known about what this kind of server keeps closed")
    return Subject(
        host.domain.name,
        public_port(scene),
        host.upstream,
        host.forward_client_ip,
        _admin_ports(scene.edge) if leads_to_caddy else (),
        _is_here(scene.edge.address),
        scene.echoes[0] if scene.echoes else None,
        scene.roots_pem,
        scene.token if host.upstream.media == "plex" else "",
    )


def _admin_ports(edge: Edge) -> tuple[int, ...]:
    if edge.admin.startswith("unix/"):
        return (_ADMIN_PORT,)
    given = urlsplit(edge.admin if "//" in edge.admin else f"//{edge.admin}").port or _ADMIN_PORT
    return tuple(dict.fromkeys((_ADMIN_PORT, given)))


def _is_here(text: str) -> bool:
    address = parse_address(text)
    return text == "localhost" or (address is not None and kind_of(address) is Kind.LOOPBACK)


def observe(net: Net, subject: Subject) -> Seen:
    """Ask like a stranger, and at home with the token for the lists, side by side."""
    with ThreadPoolExecutor(4) as pool:
        stranger = pool.submit(_stranger, net, subject)
        set_up = pool.submit(_is_set_up, net, subject)
        doors = pool.submit(_admin_doors, net, subject)
        lists = pool.submit(_lists, net, subject)
    return Seen(stranger.result(), set_up.result(), doors.result(), *lists.result())


def _stranger(net: Net, subject: Subject) -> Entrance | None:
    path = _CLOSED_PATHS.get(subject.upstream.media)
    if path is None:
        return None
    headers = (("Accept", "application/json"),)
    answer = net.get(subject.url + path, headers=headers, roots_pem=subject.roots_pem, seconds=_SECONDS)
    return read_entrance(path, answer)


def _is_set_up(net: Net, subject: Subject) -> bool | None:
    media = MEDIA[subject.upstream.media]
    found = identify_at(net, media, subject.url, roots_pem=subject.roots_pem, seconds=_SECONDS)
    return found.is_set_up if isinstance(found, Identity) else None


def _admin_doors(net: Net, subject: Subject) -> tuple[Door, ...]:
    if not subject.admin_ports:
        return ()
    where = net.addresses(subject.domain, seconds=_SECONDS)
    return at_doors(net, where.values, subject.admin_ports)


def _lists(net: Net, subject: Subject) -> tuple[Lists | None, str]:
    """Plex's two lists of addresses, and the address from which Caddy asks Plex, as far as it can be told."""
    media = MEDIA[subject.upstream.media]
    if not subject.token or media.token_header is None:
        return None, ""
    place = subject.upstream
    where = net.addresses(place.address, seconds=_SECONDS)
    host = (("Host", address_host(where.values[0], place.port)),) if where.values else ()
    headers = (("Accept", "application/json"), *host, media.token_header(subject.token))
    answer = net.get(
        f"{place.url}/:/prefs", headers=headers, verify=place.verify, max_bytes=1 << 20, seconds=_SECONDS
    )
    lists = read_lists(answer)
    return lists, answer.local_address if subject.is_caddy_here else _caddys_address(net, subject)


def _caddys_address(net: Net, subject: Subject) -> str:
    """What our echo sees as its peer: a Caddy elsewhere most likely comes to the media server from there, too."""
    if subject.echo is None:
        return ""
    url = f"https://{authority(subject.domain, subject.port)}{subject.echo.path}"
    answer = net.get(url, roots_pem=subject.roots_pem, seconds=_SECONDS)
    return read_peer(answer, subject.echo.mark)


CHECK = Check(
    name="exposure",
    title="Nothing is open to strangers",
    question="Does everything that answers from outside ask for a sign-in?",
    hop=Hop.VIEWER,
    help="checks#exposure",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge_exposure,
    needs=("identity",),
    through_caddy=True,
    travels=True,
    seconds=20.0,
    tickets=1,
    order=80,
)
