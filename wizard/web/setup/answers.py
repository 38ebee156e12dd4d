"""Answers of the wizard -> a proxy host, and back. Pure; knows no forms and no pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from wizard.core.domain import Domain
from wizard.core.flow import Answers
from wizard.core.hosts import HERE, ProxyHost, Upstream, Verify, VerifyKind
from wizard.core.refusal import Refusal
from wizard.core.shapes import learn
from wizard.methods import METHODS

TYPED = "typed"  # what stands in the fields of each step, also when it was refused


learn(Verify)


def server_is_settled(answers: Answers) -> bool:
    """A media server is named, and it answered or the owner goes on without an answer."""
    return bool(answers.get("upstream")) and bool(answers.get("server") or answers.get("goes_on"))


def route_is_settled(answers: Answers) -> bool:
    """A way in is chosen, and agreed to where that is needed."""
    method = METHODS.get(answers.get("method", ""))
    return method is not None and method.is_choosable and (not method.consent or bool(answers.get("consent_at")))


def connect_is_settled(answers: Answers) -> bool:
    """An external domain is given."""
    return isinstance(Domain.parse(answers.get("domain", "")), Domain)


def media_is_settled(answers: Answers) -> bool:
    """The settings were seen, and an https server has a way to be verified."""
    if not answers.get("media_seen"):
        return False
    return answers.get("upstream", {}).get("scheme") != "https" or bool(answers.get("verify"))


def never_settled(_answers: Answers) -> bool:
    """The last step is done by applying, which ends the draft."""
    return False


def build_upstream(answers: Answers) -> Upstream:
    """The upstream of settled answers."""
    parts = answers["upstream"]
    verify = msgspec.convert(answers.get("verify") or {}, Verify) if parts["scheme"] == "https" else Verify()
    return Upstream(
        media=answers["media"],
        scheme=parts["scheme"],
        address=parts["address"],
        port=parts["port"],
        verify=verify,
        base_path=parts.get("base_path", ""),
    )


def build_host(answers: Answers) -> ProxyHost:
    """The proxy host of settled answers. Raises ValueError when they are not: a bug of the caller."""
    domain = Domain.parse(answers.get("domain", ""))
    if isinstance(domain, Refusal):
        raise ValueError(domain.message)  # noqa: TRY004 -- a text that does not fit, not a type
    return ProxyHost(
        key=answers["key"],
        domain=domain,
        upstream=build_upstream(answers),
        method=answers["method"],
        edge=answers.get("edge", HERE),
        plex_mode=bool(answers.get("plex_mode")),
        forward_client_ip=bool(answers.get("forward_client_ip", True)),
        websocket=bool(answers.get("websocket", True)),
        paused=bool(answers.get("paused", False)),
        upload_mbps=answers.get("upload_mbps"),
        stream_limit_mbps=answers.get("stream_limit_mbps"),
    )


def answers_of(host: ProxyHost, server: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that would make an existing proxy host, to change it from there."""
    upstream = host.upstream
    verify = msgspec.to_builtins(upstream.verify) if upstream.scheme == "https" else None
    return {
        "key": host.key,
        "media": upstream.media,
        "upstream": {
            "scheme": upstream.scheme,
            "address": upstream.address,
            "port": upstream.port,
            "base_path": upstream.base_path,
        },
        "server": dict(server),
        "goes_on": not server,
        "method": host.method,
        "edge": host.edge,
        "consent_at": "kept" if METHODS.get(host.method) and METHODS[host.method].consent else "",
        "domain": host.domain.name,
        "media_seen": True,
        "verify": verify,
        "plex_mode": host.plex_mode,
        "forward_client_ip": host.forward_client_ip,
        "websocket": host.websocket,
        "paused": host.paused,
        "upload_mbps": host.upload_mbps,
        "stream_limit_mbps": host.stream_limit_mbps,
    }


def upstream_answer(upstream: Upstream) -> dict[str, Any]:
    """The part of an upstream that the first step settles."""
    return {
        "scheme": upstream.scheme,
        "address": upstream.address,
        "port": upstream.port,
        "base_path": upstream.base_path,
    }


def suggested_verify(certificate: Mapping[str, Any] | None) -> VerifyKind | None:
    """What fits the certificate that was seen: None while none was needed or seen."""
    if not certificate:
        return None
    if certificate.get("trusted"):
        return VerifyKind.SYSTEM
    if plex_direct_name(certificate):
        return VerifyKind.SERVER_NAME
    return VerifyKind.PINNED if certificate.get("names") else VerifyKind.OFF


def plex_direct_name(certificate: Mapping[str, Any]) -> str:
    """A name that Plex's own certificate fits, such as `porthole.<hash>.plex.direct`.

    The certificate is for `*.<hash>.plex.direct`: any single label in front of it will do.
    """
    for name in certificate.get("names", ()):
        if name.endswith(".plex.direct"):
            return str(name).replace("*", "porthole", 1)
    return ""
