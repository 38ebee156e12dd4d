"""Does the public name lead to this very media server?"""

from __future__ import annotations

from dataclasses import dataclass

from wizard.checks.places import PAUSED, authority, public_port
from wizard.checks.words import HERE, could_not_look, reason, remedy, took
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream
from wizard.core.verdicts import Level, Verdict
from wizard.media import MEDIA, identify, identify_at
from wizard.media.shape import Identity, NotThis
from wizard.net.door import Net

_SECONDS = 8.0

# 520 to 530 are Cloudflare's own words for "your side did not answer"
_GATEWAY = frozenset({502, 503, 504, *range(520, 531)})


@dataclass(frozen=True, slots=True)
class Subject:
    """The media server at home, and the public name that should lead to it.

    Elsewhere `upstream` has no address; then the server at home is not asked, and `known` is who it said it was.
    """

    upstream: Upstream
    domain: str
    port: int
    roots_pem: str = ""
    known: Identity | None = None

    @property
    def title(self) -> str:
        """The kind as people call it."""
        return MEDIA[self.upstream.media].title if self.upstream.media != "other" else "your application"

    @property
    def url(self) -> str:
        """The public address, with the base path when there is one."""
        return f"https://{authority(self.domain, self.port)}{self.upstream.base_path}"


@dataclass(frozen=True, slots=True)
class Seen:
    """Who answers at home and who answers through the public name."""

    home: Identity | None = None
    home_other: NotThis | None = None
    public: Identity | None = None
    public_other: NotThis | None = None


def subject(scene: Scene) -> Subject | Skip:
    """Home address and public name; no token. Elsewhere who the server is takes the place of its address."""
    if scene.host.paused:
        return PAUSED
    host, known = scene.host, None
    if scene.is_elsewhere and (scene.server_id or scene.server_name):
        known = Identity(host.upstream.media, scene.server_id, scene.server_name)
    return Subject(host.upstream, host.domain.name, public_port(scene), scene.roots_pem, known)


def observe(net: Net, subject: Subject) -> Seen:
    """Ask both ways; from elsewhere only the public one."""
    media = MEDIA[subject.upstream.media]
    home = identify(net, media, subject.upstream, seconds=_SECONDS) if subject.upstream.address else None
    public = identify_at(net, media, subject.url, roots_pem=subject.roots_pem, seconds=_SECONDS)
    return Seen(
        home if isinstance(home, Identity) else None,
        home if isinstance(home, NotThis) else None,
        public if isinstance(public, Identity) else None,
        public if isinstance(public, NotThis) else None,
    )


def judge(subject: Subject, seen: Seen) -> tuple[Verdict, ...]:
    """Equal identities pass. Where a kind has no id, equal names do, and the row says so."""
    if seen.public is None:
        return (_judge_other(subject, seen.public_other or NotThis()),)
    home = seen.home or subject.known
    if home is None:
        return (_home_is_gone(seen.home_other or NotThis()),)
    if seen.public.id != home.id or (not home.id and seen.public.name != home.name):
        return (_other_server(subject, home, seen.public),)
    return _passed(subject, home, seen.public)


def _passed(subject: Subject, home: Identity, public: Identity) -> tuple[Verdict, ...]:
    proof = f"{HERE} {subject.url}, id {public.id or 'none'} both ways"
    if home.id:
        return (Verdict("identity-ok", Level.OK, f"Your {subject.title}, in {took(public.seconds)}", detail=proof),)
    called = f'Both call themselves "{home.name}".' if home.name else "Neither has a name."
    note = Verdict(
        "identity-not-provable",
        Level.NOTE,
        "We cannot prove that it is the same application, because it tells no identity of its own",
        called,
    )
    return (Verdict("identity-ok", Level.OK, f"An answer in {took(public.seconds)}", detail=proof), note)


def _home_is_gone(other: NotThis) -> Verdict:
    said = f"status {other.status}" if other.status else reason(other.fault)
    return Verdict(
        "identity-could-not-look",
        Level.UNKNOWN,
        f"We could not compare: the server at home did not say who it is ({said})",
        "An answer came through the public name, but it may be another server's.",
        other.detail,
        remedy("check-could-not-run", "Check “Media server answers at home” first, then check again."),
    )


def _other_server(subject: Subject, home: Identity, public: Identity) -> Verdict:
    kind = MEDIA[public.kind].title if public.kind in MEDIA and public.kind != "other" else "application"
    own = subject.upstream.dial if subject.upstream.address else "your home"
    name = f' called "{public.name}"' if public.name else ""
    return Verdict(
        "identity-other-server",
        Level.FAILURE,
        f"Another {kind} answers at {subject.domain}{name}, not the one at {own}",
        "Viewers would sign in to a server that is not yours, or to another one of yours.",
        f"{HERE} At home: {home.id or home.label}. Through the name: {public.id or public.label}",
        remedy(
            "identity-other-server",
            f"Lead {subject.domain} to the Caddy that serves {own}.",
            f"Check that the record of {subject.domain} leads to this Caddy and not to an older machine.",
            "If you have several media servers, check the home address of each proxy host.",
            "Apply again, then check again.",
        ),
    )


def _judge_other(subject: Subject, other: NotThis) -> Verdict:
    if other.fault is not None and other.fault.is_ours:
        return could_not_look("identity-could-not-look", other.fault, other.detail)
    if other.fault in {Fault.NAME_NOT_FOUND, Fault.NO_ADDRESS}:
        return could_not_look("identity-could-not-look", other.fault, other.detail)
    if other.fault is not None:
        return _no_answer(subject, other)
    if other.status in _GATEWAY:
        return _bad_gateway(subject, other)
    return _circle(subject, other) if _leads_back(subject, other) else _other_thing(subject, other)


def _leads_back(subject: Subject, other: NotThis) -> bool:
    """A redirect to one of the very addresses that were asked."""
    base = subject.url.removesuffix("/")
    asked = {f"{base}{path}" for path in MEDIA[subject.upstream.media].paths}
    return 300 <= other.status < 400 and other.location in asked


def _no_answer(subject: Subject, other: NotThis) -> Verdict:
    return Verdict(
        "identity-no-answer",
        Level.FAILURE,
        f"No answer came from {subject.url}: {reason(other.fault)}",
        "A viewer's app would wait and then give up.",
        f"{HERE} {other.detail}",
        remedy(
            "identity-no-answer",
            "Check that the media server is awake and that nothing on the way cuts the connection.",
            f"Open {subject.upstream.url} at home: does it answer at once?",
            "If the way in has its own time limits or filters, look into its log.",
            "Check again.",
        ),
    )


def _bad_gateway(subject: Subject, other: NotThis) -> Verdict:
    place = subject.upstream
    other_scheme = "http" if place.scheme == "https" else "https"
    jellyfin = (
        ("If Jellyfin itself says 503, allow remote connections in its Dashboard, under Networking.",)
        if place.media == "jellyfin" and other.status == 503
        else ()
    )
    return Verdict(
        "identity-bad-gateway",
        Level.FAILURE,
        f"Caddy answers, but gets nothing from {place.dial} (status {other.status})",
        "The way in works up to Caddy. The last step, from Caddy to the media server, does not.",
        f"{HERE} {other.server} {other.title}".rstrip(),
        remedy(
            "identity-bad-gateway",
            f"Make {place.dial} reachable from the machine where Caddy runs.",
            f"If Caddy runs elsewhere or in a container, check that it can reach {place.dial} from there.",
            f"Check the scheme: Caddy asks with {place.scheme}://, the server may want {other_scheme}://.",
            *jellyfin,
            "Apply again, then check again.",
        ),
    )


def _circle(subject: Subject, other: NotThis) -> Verdict:
    return Verdict(
        "identity-circle",
        Level.FAILURE,
        f"{subject.domain} sends people in circles: the answer leads to the very address that was asked",
        "Browsers give up after a few rounds, and apps find no server.",
        f"{HERE} Status {other.status}, leads on to {other.location}",
        remedy(
            "identity-circle",
            f"Find the hop that sends {subject.domain} from http to https although viewers use https already.",
            f"At Cloudflare, open SSL/TLS and set the mode for {subject.domain} to Full (strict), not Flexible.",
            "If a tunnel stands in front, choose it as the way in: Caddy then takes plain http from it.",
            "In hand-written parts of Caddy's configuration, look for a redirect that has no end.",
            "Apply again, then check again.",
        ),
    )


def _other_thing(subject: Subject, other: NotThis) -> Verdict:
    is_bare_caddy = other.server.lower() == "caddy" and not other.title
    called = f'. It calls itself "{other.called}"' if other.called and not is_bare_caddy else ""
    summary = (
        f"Caddy answers at {subject.domain}, but does not know this name"
        if is_bare_caddy
        else f"Something other than {subject.title} answers at {subject.domain} (status {other.status}){called}"
    )
    detour = f", leads on to {other.location}" if other.location else ""
    return Verdict(
        "identity-other-thing",
        Level.FAILURE,
        summary,
        "People who open the address reach the wrong place.",
        f"{HERE} Status {other.status}, server {other.server or 'not named'}{detour}",
        remedy(
            "identity-other-thing",
            "Apply again." if is_bare_caddy else f"Lead {subject.domain} to Caddy.",
            "Apply the configuration of this proxy host again.",
            f"If a router's page answers, forward port {subject.port} to Caddy in its place.",
            "If a login page of the way in answers, leave this name out of it: apps cannot sign in there.",
            "Check again.",
        ),
    )


CHECK = Check(
    name="identity",
    title="The answer is yours",
    question="Does the public name lead to this very media server?",
    hop=Hop.VIEWER,
    help="checks#identity",
    subject_type=Subject,
    seen_type=Seen,
    subject=subject,
    observe=observe,
    judge=judge,
    needs=("tls", "upstream"),
    through_caddy=True,
    travels=True,
    order=40,
)
