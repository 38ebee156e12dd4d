"""One proxy host as a Caddy route. Pure; knows nothing of servers, logs or other hosts.

The echo and the media server get the same header rules from the same function, so that what the
echo reports is what the media server sees. The echo gets three headers more: what Caddy itself saw.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from wizard.caddy.document import ECHO_PATH, ID, PREFIX, Document
from wizard.core.echo import SEEN_BY_CADDY
from wizard.core.hosts import Edge, ProxyHost, Upstream, Verify, VerifyKind

PAUSED_TEXT = "This media server is paused by its owner."
NO_WEBSOCKET_TEXT = "WebSocket support is off for this host."

# Long enough for a viewer not to notice a reload, short enough that old configurations leave memory.
CLOSE_DELAY_SECONDS = 600
_NANOSECONDS = 1_000_000_000

CLIENT_IP = "{http.vars.client_ip}"
HOST = "{http.request.hostport}"
VIEWER_SCHEME = "{http.vars.viewer_scheme}"
PEER = "{http.request.remote.host}"
ARRIVED = "{http.request.header.X-Forwarded-For}"

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63}){0,126}")
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(?P<body>[A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----")


def host_route(host: ProxyHost, edge: Edge) -> Document:
    """The route of one proxy host: matched by its name, terminal, marked as ours."""
    return {
        ID: PREFIX + host.domain.name,
        "match": [{"host": [host.domain.name]}],
        "handle": [{"handler": "subroute", "routes": _inner_routes(host, edge)}],
        "terminal": True,
    }


def _inner_routes(host: ProxyHost, edge: Edge) -> list[Document]:
    if host.paused:
        return [{"handle": [_refusal(PAUSED_TEXT, 503)]}]
    # What a hop in front says about the host name is not believed: our route knows the name.
    forget_host: Document = {"handler": "headers", "request": {"delete": ["X-Forwarded-Host"]}}
    routes = _viewer_scheme_routes(host)
    if routes and "match" not in routes[-1]:
        routes[-1]["handle"].append(forget_host)  # as Caddy's own adapter joins neighbours without a matcher
    else:
        routes.append({"handle": [forget_host]})
    if not host.websocket:
        refusal = {"handle": [_refusal(NO_WEBSOCKET_TEXT, 403)]}
        routes += [{"match": [matcher], **refusal} for matcher in upgrade_matchers()]
    echo = {"handle": [reverse_proxy(host, edge.echo_dial)], "match": [{"path": [ECHO_PATH]}]}
    return [*routes, echo, {"handle": [reverse_proxy(host, host.upstream.dial, host.upstream)]}]


def upgrade_matchers() -> tuple[Document, ...]:
    """An HTTP/1.1 upgrade (RFC 9110, 7.8), and the extended CONNECT of HTTP/2 and 3 (RFC 8441, RFC 9220)."""
    upgrade = {
        "header": {"Upgrade": ["*"]},
        "header_regexp": {"Connection": {"name": "upgrade", "pattern": "(?i)upgrade"}},
    }
    return upgrade, {"method": ["CONNECT"]}


def pins_scheme(host: ProxyHost) -> bool:
    """True where TLS ended before us, so that our own side of the connection says nothing about the viewer's."""
    return not host.listener.tls


def _viewer_scheme_routes(host: ProxyHost) -> list[Document]:
    if not pins_scheme(host):
        return []
    https: Document = {"handle": [{"handler": "vars", "viewer_scheme": "https"}]}
    if not host.listener.trusted:
        return [https]
    said_http = {"remote_ip": {"ranges": list(host.listener.trusted)}, "header": {"X-Forwarded-Proto": ["http"]}}
    return [https, {"handle": [{"handler": "vars", "viewer_scheme": "http"}], "match": [said_http]}]


def reverse_proxy(host: ProxyHost, dial: str, upstream: Upstream | None = None) -> Document:
    """The reverse_proxy handler towards the echo (no `upstream`) or the media server."""
    handler: Document = {
        "handler": "reverse_proxy",
        "headers": {"request": _header_rules(host, upstream)},
        "upstreams": [{"dial": dial}],
    }
    if host.plex_mode:
        handler["stream_close_delay"] = CLOSE_DELAY_SECONDS * _NANOSECONDS
    if upstream is not None and upstream.scheme == "https":
        handler["transport"] = {"protocol": "http", "tls": upstream_tls(upstream.verify)}
    return handler


def _header_rules(host: ProxyHost, upstream: Upstream | None) -> Document:
    rules: Document = {"delete": ["Forwarded"]}
    values: dict[str, Sequence[str]] = {}
    if host.forward_client_ip:
        values |= {"X-Forwarded-For": [CLIENT_IP], "X-Real-Ip": [CLIENT_IP]}
    else:
        rules["delete"] = ["X-Forwarded-For", "X-Real-IP", "Forwarded"]
    if pins_scheme(host):
        values["X-Forwarded-Proto"] = [VIEWER_SCHEME]
    if upstream is None:  # only our echo learns what Caddy itself saw
        values |= {name: [value] for name, value in zip(SEEN_BY_CADDY, (PEER, ARRIVED, CLIENT_IP), strict=True)}
    elif upstream.scheme == "https":
        values["Host"] = [HOST]  # since 2.11.0 Caddy would send the upstream's own address instead
    return {**rules, "set": values} if values else rules


def upstream_tls(verify: Verify) -> Document:
    """How the media server's certificate is verified. An unreadable pin yields a pin that Caddy refuses to load."""
    tls: Document = {}
    if name := safe_server_name(verify):
        tls["server_name"] = name
    match verify.kind:
        case VerifyKind.PINNED:
            tls["ca"] = {"provider": "inline", "trusted_ca_certs": [pinned_der(verify.certificate_pem)]}
        case VerifyKind.OFF:
            tls["insecure_skip_verify"] = True
        case VerifyKind.SYSTEM | VerifyKind.SERVER_NAME:
            pass
    return tls


def safe_server_name(verify: Verify) -> str:
    """The name to verify for, or "" (the upstream's own) when there is none or it is no DNS name.

    Caddy expands placeholders in this field, so nothing but a plain name may reach it.
    """
    if verify.kind is VerifyKind.SYSTEM or not _NAME.fullmatch(verify.server_name):
        return ""
    return verify.server_name


def pinned_der(pem: str) -> str:
    """The first certificate of a PEM text as one line of base64, "" when there is none."""
    match = _PEM.search(pem)
    if not match:
        return ""
    try:
        der = base64.b64decode("".join(match["body"].split()), validate=True)
    except binascii.Error:
        return ""
    return base64.b64encode(der).decode("ascii")


def _refusal(text: str, status: int) -> Document:
    return {"handler": "static_response", "status_code": status, "body": text}
