"""Asking a media server with its token who is watching and how it is set. The token never stands in a URL."""

from __future__ import annotations

from dataclasses import replace

from wizard.core.hosts import Upstream
from wizard.core.locality import Surroundings
from wizard.core.streams import LiveStream, ServerSettings, Silence, Silent
from wizard.media.asking import probe_headers
from wizard.media.shape import Live, Media
from wizard.net.door import Net
from wizard.net.exchange import HttpAnswer
from wizard.net.interfaces import own_networks

SECONDS = 4.0
_MAX_BYTES = 4 * 1024 * 1024  # a stream with many audio and subtitle tracks takes tens of kilobytes
_NO_TOKEN = Silent(Silence.NO_TOKEN)
_WRONG_KIND = Silent(Silence.NOT_UNDERSTOOD)


def ask_streams(
    net: Net, media: Media, upstream: Upstream, token: str, around: Surroundings, *, seconds: float = SECONDS
) -> tuple[LiveStream, ...] | Silent:
    """Who is watching now. `around` is for kinds that name only the viewer's address."""
    if media.live is None:
        return _WRONG_KIND
    answer = _ask(net, media, upstream, token, media.live.streams_path, seconds)
    if isinstance(answer, Silent):
        return answer
    found = media.live.read_streams(answer, around)
    return Silent(Silence.NOT_UNDERSTOOD, answer.status) if found is None else found


def ask_settings(
    net: Net, media: Media, upstream: Upstream, token: str, *, seconds: float = SECONDS
) -> ServerSettings | Silent:
    """How it is set. Of several answers the first must come, the others only add to it."""
    live: Live | None = media.live
    if live is None:
        return _WRONG_KIND
    answers: list[HttpAnswer] = []
    for path in live.settings_paths:
        answer = _ask(net, media, upstream, token, path, seconds)
        if isinstance(answer, Silent):
            if not answers:
                return answer
            continue
        answers.append(answer)
    found = live.read_settings(tuple(answers))
    return Silent(Silence.NOT_UNDERSTOOD, answers[0].status) if found is None else _with_own_networks(found)


def _with_own_networks(settings: ServerSettings) -> ServerSettings:
    """Where the server names an address of this very machine, its network is known exactly."""
    networks = own_networks()
    around = settings.around
    exact = tuple(networks[one] for one in around.own_addresses if one in networks)
    others = tuple(one for one in around.own_addresses if one not in networks)
    return replace(settings, around=replace(around, own_subnets=exact, own_addresses=others))


def try_token(net: Net, media: Media, upstream: Upstream, token: str, *, seconds: float = SECONDS) -> Silent | None:
    """None when the server takes the token for what we need it for."""
    found = ask_streams(net, media, upstream, token, Surroundings(), seconds=seconds)
    return found if isinstance(found, Silent) else None


def _ask(net: Net, media: Media, upstream: Upstream, token: str, path: str, seconds: float) -> HttpAnswer | Silent:
    if not token or media.token_header is None:
        return _NO_TOKEN
    answer = net.get(
        upstream.url + path,
        headers=(*probe_headers(net, media, upstream), media.token_header(token)),
        verify=upstream.verify,
        max_bytes=_MAX_BYTES,
        seconds=seconds,
    )
    match answer.status:
        case 200 if answer.fault is None and not answer.is_truncated:
            return answer
        case 401:
            return Silent(Silence.REFUSED, 401)
        case 403:
            return Silent(Silence.NOT_ALLOWED, 403)
        case 0:
            return Silent(Silence.UNREACHABLE, fault=answer.fault)
        case status:
            return Silent(Silence.NOT_UNDERSTOOD, status, answer.fault)
