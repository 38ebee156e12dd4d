"""Warnings about a proxy host as it is set: each states the consequence, one cause, one link."""

from __future__ import annotations

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
    server = MEDIA[host.upstream.media].title if host.upstream.media in MEDIA else "The media server"
    method = METHODS.get(host.method)
    found = [
        Warning_(
            "counted-local",
            "Remote viewers can count as Local",
            f"Client-IP headers are off, so {server} sees the address of Caddy for everybody. "
            "Limits for remote streams are then not applied.",
            "bandwidth-limits#why-limits-are-skipped",
        )
        if not host.forward_client_ip
        else None,
        Warning_(
            "websocket-off",
            "Live updates are off",
            "Caddy refuses WebSocket connections, so casting, Watch Together and dashboards break.",
            "plex-mode#websocket",
        )
        if not host.websocket
        else None,
        Warning_(
            "verify-off",
            "The server's certificate is not verified",
            f"Anything at {host.upstream.dial} could pass as {server}.",
            "find-your-server#verify",
        )
        if host.upstream.scheme == "https" and host.upstream.verify.kind is VerifyKind.OFF
        else None,
        Warning_(
            "no-limit",
            "One viewer can use all your upload",
            f"A 4K film needs 40 Mbit/s or more. You have {host.upload_mbps:g}.",
            "bandwidth-limits#set-limits",
        )
        if host.upload_mbps and not host.stream_limit_mbps
        else None,
        Warning_(
            "limit-means-convert",
            "A limit makes the server convert video",
            f"Films above {host.stream_limit_mbps:g} Mbit/s are converted while playing. That needs processor power.",
            "bandwidth-limits#set-limits",
            kind="info",
        )
        if host.stream_limit_mbps
        else None,
        Warning_(
            "terms-video",
            "Cloudflare has rules about video",
            "Customers without an Enterprise plan must use its paid products to serve video. It may limit or disable "
            "domains that do not.",
            method.guide,
        )
        if method and method.key == "cloudflare"
        else None,
    ]
    return [warning for warning in found if warning is not None]
