"""Warnings about a proxy host as it is set: each states the consequence, one cause, one link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.core.hosts import ProxyHost, VerifyKind
from wizard.core.locality import networks
from wizard.core.streams import ServerSettings, ServerWords
from wizard.media import MEDIA
from wizard.methods import METHODS


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801 -- Warning is a builtin
    """One warning; `kind` is how its callout looks."""

    key: str
    title: str
    text: str
    guide: str
    kind: str = "warning"


def warnings_of(host: ProxyHost, words: ServerWords | None = None) -> list[Warning_]:
    """Everything about these settings that the owner should know, the worst first."""
    return [
        *_about_passing_on(host),
        *_about_verifying(host),
        *_about_limits(host),
        *_about_the_way_in(host),
        *_about_the_server(host, words.settings if words else None),
    ]


def _about_passing_on(host: ProxyHost) -> Iterator[Warning_]:
    if not host.forward_client_ip:
        yield Warning_(
            "counted-local",
            "Remote viewers can count as Local",
            f"Client-IP headers are off, so {_server(host)} sees the address of Caddy for everybody. "
            "Limits for remote streams are then not applied.",
            "bandwidth-limits#why-limits-are-skipped",
        )
    if not host.websocket:
        yield Warning_(
            "websocket-off",
            "Live updates are off",
            "Caddy refuses WebSocket connections, so casting, Watch Together and dashboards break.",
            "plex-mode#websocket",
        )


def _about_verifying(host: ProxyHost) -> Iterator[Warning_]:
    if host.upstream.scheme == "https" and host.upstream.verify.kind is VerifyKind.OFF:
        yield Warning_(
            "verify-off",
            "The server's certificate is not verified",
            f"Anything at {host.upstream.dial} could pass as {_server(host)}.",
            "find-your-server#verify",
        )


def _about_limits(host: ProxyHost) -> Iterator[Warning_]:
    if host.upload_mbps and not host.stream_limit_mbps:
        yield Warning_(
            "no-limit",
            "One viewer can use all your upload",
            f"A 4K film needs 40 Mbit/s or more. You have {host.upload_mbps:g}.",
            "bandwidth-limits#set-limits",
        )
    if host.stream_limit_mbps:
        yield Warning_(
            "limit-means-convert",
            "A limit makes the server convert video",
            f"Films above {host.stream_limit_mbps:g} Mbit/s are converted while playing. That needs processor power.",
            "bandwidth-limits#set-limits",
            kind="info",
        )


def _about_the_way_in(host: ProxyHost) -> Iterator[Warning_]:
    method = METHODS.get(host.method)
    if method is not None and method.key == "tailnet":
        yield Warning_(
            "counted-remote",
            "Viewers at home on Tailscale count as Remote",
            f"Tailscale addresses (100.x) are outside the ranges {_server(host)} treats as home, so the limit slows "
            "them too.",
            "tailscale-plex#counted-as",
            kind="info",
        )
    if method is not None and method.key == "cloudflare":
        yield Warning_(
            "terms-video",
            "Cloudflare has rules about video",
            "Customers without an Enterprise plan must use its paid products to serve video. It may limit or disable "
            "domains that do not.",
            method.guide,
        )


def _about_the_server(host: ProxyHost, told: ServerSettings | None) -> Iterator[Warning_]:
    """What the media server's own settings mean for this host."""
    if told is None:
        return
    if told.is_relay_on:
        yield Warning_(
            "relay",
            f"{_server(host)} may use its slow relay",
            "Enable Relay is on. The relay is limited to 1 or 2 Mbit/s, and a viewer on it does not use your domain.",
            "troubleshooting#indirect-connection",
            kind="info",
        )
    if host.stream_limit_mbps and told.stream_limit_kbps == 0:
        yield Warning_(
            "limit-unset",
            f"{_server(host)} itself has no limit for remote streams",
            f"You chose {host.stream_limit_mbps:g} Mbit/s here. {_server(host)} applies only its own setting.",
            "bandwidth-limits#set-limits",
        )
    wide = [str(one) for one in networks(told.around.lan_networks).inside if one.prefixlen < _WIDEST[one.version]]
    if wide:
        yield Warning_(
            "counted-local",
            "Remote viewers can count as Local",
            f"The home networks in {_server(host)} hold {wide[0]}, which is far more than a home.",
            "local-vs-remote#lan-networks",
        )


_WIDEST = {4: 8, 6: 32}


def _server(host: ProxyHost) -> str:
    return MEDIA[host.upstream.media].title if host.upstream.media in MEDIA else "the media server"
