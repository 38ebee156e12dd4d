"""Asking a media server who it is, at home or through its public name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wizard.core.addresses import parse_address
from wizard.core.hosts import Upstream, Verify
from wizard.media.shape import Identity, Media, NotThis
from wizard.net.door import Net
from wizard.net.exchange import address_host

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Way:
    """How to get to one server."""

    url: str
    seconds: float
    verify: Verify
    address: str = ""
    roots_pem: str = ""
    host: str = ""


def identify(
    net: Net, media: Media, upstream: Upstream, *, token: str = "", seconds: float = SECONDS
) -> Identity | NotThis:
    """Ask the server at home. With a token also for its name, where that needs one."""
    way = _Way(upstream.url, seconds, upstream.verify, host=_probe_host(net, media, upstream))
    found = _ask(net, media, way)
    if isinstance(found, Identity) and not found.name and token:
        return replace(found, name=_ask_name(net, media, way, token))
    return found


def identify_at(
    net: Net, media: Media, url: str, *, address: str = "", roots_pem: str = "", seconds: float = SECONDS
) -> Identity | NotThis:
    """Ask through a public address such as `https://plex.example.com`, dialled by DNS or at `address`. No token."""
    return _ask(net, media, _Way(url, seconds, Verify(), address, roots_pem))


def identify_first(
    net: Net, upstream: Upstream, kinds: Iterable[Media], *, token: str = "", seconds: float = SECONDS
) -> Identity | NotThis:
    """Ask as each kind in turn. The first that recognises its own wins; else what answered instead.

    Stops at the first network fault, because asking again would not change it. A refusal of one path
    proves no kind, so `is_closed` is never set here.
    """
    last: Identity | NotThis = NotThis()
    for media in kinds:
        last = identify(net, media, upstream, token=token, seconds=seconds)
        if isinstance(last, Identity):
            return last
        if last.fault is not None:
            break
    return replace(last, is_closed=False) if isinstance(last, NotThis) else last


def probe_headers(net: Net, media: Media, upstream: Upstream) -> tuple[tuple[str, str], ...]:
    """What every question to a server at home carries: the form of the answer, and a Host that it does not mind."""
    return _headers(media, _Way(upstream.url, SECONDS, upstream.verify, host=_probe_host(net, media, upstream)))


def _ask(net: Net, media: Media, way: _Way) -> Identity | NotThis:
    last: Identity | NotThis = NotThis()
    for path in media.paths:
        answer = net.get(
            way.url + path,
            address=way.address,
            headers=_headers(media, way),
            verify=way.verify,
            roots_pem=way.roots_pem,
            seconds=way.seconds,
        )
        if answer.fault is not None:  # also one whose body broke off
            return NotThis(answer.status, fault=answer.fault, detail=answer.detail, seconds=answer.seconds)
        last = replace(media.read(answer), seconds=answer.seconds)
        if isinstance(last, Identity) or last.is_closed:
            return last
    return last


def _ask_name(net: Net, media: Media, way: _Way, token: str) -> str:
    if media.read_name is None or media.token_header is None:
        return ""
    headers = (*_headers(media, way), media.token_header(token))
    return media.read_name(net.get(way.url + "/", headers=headers, verify=way.verify, seconds=way.seconds))


def _headers(media: Media, way: _Way) -> tuple[tuple[str, str], ...]:
    host = (("Host", way.host),) if way.host else ()
    return (("Accept", media.accept), *host)


def _probe_host(net: Net, media: Media, upstream: Upstream) -> str:
    """An address as Host for kinds that treat requests for unknown names as foreign; empty to keep the URL's own."""
    if not media.hides_names or parse_address(upstream.address):
        return ""
    found = net.addresses(upstream.address)
    return address_host(found.values[0], upstream.port) if found.values else ""
