"""Warnings about a proxy host as it is set: each states the consequence, one cause, one link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wizard.core.hosts import ProxyHost, VerifyKind
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


def warnings_of(host: ProxyHost) -> list[Warning_]:
    """Everything about these settings that the owner should know, the worst first."""
    return [*_about_passing_on(host), *_about_verifying(host), *_about_limits(host), *_about_the_way_in(host)]


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
    if method is not None and method.key == "cloudflare":
        yield Warning_(
            "terms-video",
            "Cloudflare has rules about video",
            "Customers without an Enterprise plan must use its paid products to serve video. It may limit or disable "
            "domains that do not.",
            method.guide,
        )


def _server(host: ProxyHost) -> str:
    return MEDIA[host.upstream.media].title if host.upstream.media in MEDIA else "the media server"
