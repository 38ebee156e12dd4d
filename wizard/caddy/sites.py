"""One proxy host as the site block of a Caddyfile, line by line with the reason for each. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.caddy.document import ECHO_PATH
from wizard.caddy.routes import (
    CLOSE_DELAY_SECONDS,
    NO_WEBSOCKET_TEXT,
    PAUSED_TEXT,
    pinned_der,
    pins_scheme,
    safe_server_name,
)
from wizard.caddy.servers import Group
from wizard.core.echo import SEEN_BY_CADDY
from wizard.core.hosts import Edge, ProxyHost, Upstream, VerifyKind

Lines = list[str]


def indented(lines: Iterable[str]) -> Lines:
    """One level deeper, with a tab as `caddy fmt` wants it."""
    return [f"\t{line}" for line in lines]


def quoted(text: str) -> str:
    """A Caddyfile token: in backquotes or double quotes where it would fall apart otherwise."""
    if text and not any(c.isspace() or c in '{}"`#\\' for c in text):
        return text
    if "`" not in text:
        return f"`{text}`"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def site(host: ProxyHost, group: Group, edge: Edge, before: Lines) -> Lines:
    """The block of one host. `before` are the lines about where it listens and what it logs."""
    body = [*before]
    if host.paused:
        body += [
            "# Paused: viewers read this sentence, and the certificate stays",
            f'respond "{PAUSED_TEXT}" 503',
        ]
        return [_headline(host), f"{_address(host, group, edge)} {{", *indented(body), "}"]
    body += _scheme(host)
    body += [
        "# The media server learns the name from the request itself, not from what a hop says",
        "request_header -X-Forwarded-Host",
    ]
    if not host.websocket:
        body += _no_websocket()
    body += [
        "# The address that checks use: same rules as below, so it sees what the media server sees",
        f"reverse_proxy {ECHO_PATH} {quoted(edge.echo_dial)} {{",
        *indented([*_header_lines(host, None), *_streaming(host)]),
        "}",
        "# Everything else goes to the media server, WebSocket included; the address is looked up only when needed"
        if host.websocket
        else "# Everything else goes to the media server; the address is looked up only when needed",
        f"reverse_proxy {host.upstream.dial} {{",
        *indented([*_header_lines(host, host.upstream), *_streaming(host), *_transport(host.upstream)]),
        "}",
    ]
    return [_headline(host), f"{_address(host, group, edge)} {{", *indented(body), "}"]


def _headline(host: ProxyHost) -> str:
    if not host.listener.tls:
        return "# The public name. http:// because TLS ended at the hop before: no certificate, no redirect here"
    if host.domain.is_localhost:
        return "# A name of this machine only: Caddy signs its certificate itself"
    return "# The public name: Caddy fetches and renews its certificate, and redirects http:// to https://"


def _address(host: ProxyHost, group: Group, edge: Edge) -> str:
    if not host.listener.tls:
        return f"http://{host.domain}:{group.port}"
    return str(host.domain) if group.port == edge.https_port else f"https://{host.domain}:{group.port}"


def _scheme(host: ProxyHost) -> Lines:
    if not pins_scheme(host):
        return []
    lines = ["# The hop before us speaks plain HTTP, but the viewer uses https", "vars viewer_scheme https"]
    if host.listener.trusted:
        lines += [
            "# Unless the trusted hop says that the viewer does not",
            "@viewer_uses_http {",
            *indented(
                [
                    "# The hop itself, and nobody further away",
                    f"remote_ip {' '.join(host.listener.trusted)}",
                    "# What it says",
                    "header X-Forwarded-Proto http",
                ]
            ),
            "}",
            "# Then that is what the media server gets to know",
            "vars @viewer_uses_http viewer_scheme http",
        ]
    return lines


def _no_websocket() -> Lines:
    return [
        "# WebSocket is off. Caddy would carry it by itself, so it has to be refused",
        "@upgrade {",
        *indented(
            [
                "# HTTP/1.1 asks with these two headers",
                "header Upgrade *",
                "# In any letter case, and among other words",
                "header_regexp Connection (?i)upgrade",
            ]
        ),
        "}",
        "# 403 and the reason, so that nobody has to guess",
        f'respond @upgrade "{NO_WEBSOCKET_TEXT}" 403',
        "# HTTP/2 and HTTP/3 ask with this method",
        "@connect method CONNECT",
        "# The same answer",
        f'respond @connect "{NO_WEBSOCKET_TEXT}" 403',
    ]


def _header_lines(host: ProxyHost, upstream: Upstream | None) -> Lines:
    if host.forward_client_ip:
        lines = [
            "# Who the viewer is: one address, whatever the viewer wrote there",
            "header_up X-Forwarded-For {client_ip}",
            "# The same for servers that read this one",
            "header_up X-Real-IP {client_ip}",
            "# A third way to say it, which Caddy would pass on as the viewer wrote it",
            "header_up -Forwarded",
        ]
    else:
        lines = [
            "# Client IP headers are off: to the media server every viewer looks like Caddy",
            "header_up -X-Forwarded-For",
            "# The same header by another name",
            "header_up -X-Real-IP",
            "# And a third way to say it",
            "header_up -Forwarded",
        ]
    if pins_scheme(host):
        lines += [
            "# The viewer's scheme, not that of our own hop",
            "header_up X-Forwarded-Proto {vars.viewer_scheme}",
        ]
    if upstream is None:
        return [*lines, *_TOLD_TO_THE_CHECK]
    if upstream.scheme == "https":
        lines += ["# The public name. Caddy would send the media server's own address", "header_up Host {hostport}"]
    return [*lines, *_PASSED_THROUGH]


_PEER, _ARRIVED, _CLIENT = SEEN_BY_CADDY
_TOLD_TO_THE_CHECK = [
    "# For the check only: who asked Caddy, a viewer or the hop in front",
    f"header_up {_PEER} {{remote_host}}",
    "# What that one said about the viewer",
    f"header_up {_ARRIVED} {{header.X-Forwarded-For}}",
    "# Whom Caddy takes for the viewer",
    f"header_up {_CLIENT} {{client_ip}}",
]

_PASSED_THROUGH = [
    "# X-Plex-Client-Identifier, X-Plex-Token and all other X-Plex-* headers pass through untouched,",
    "# so no line sets one. Setting one from a header that is missing would send it empty:",
    "# a line such as X-Plex-Token from the request's X-Plex-Token logs out every player without it",
]


def _streaming(host: ProxyHost) -> Lines:
    if not host.plex_mode:
        return []
    return [
        "# A new configuration would close every WebSocket at once. They get this long instead",
        f"stream_close_delay {CLOSE_DELAY_SECONDS // 60}m",
    ]


def _transport(upstream: Upstream) -> Lines:
    if upstream.scheme != "https":
        return []
    verify = upstream.verify
    lines = ["# The media server speaks TLS", "tls"]
    if name := safe_server_name(verify):
        lines += ["# Its certificate is for this name, not for its address", f"tls_server_name {name}"]
    match verify.kind:
        case VerifyKind.PINNED:
            lines += [
                "# Exactly this certificate is accepted, whoever signed it",
                "tls_trust_pool inline {",
                *indented(["# The certificate (DER, in base64)", f"trust_der {pinned_der(verify.certificate_pem)}"]),
                "}",
            ]
        case VerifyKind.OFF:
            lines += [
                "# Its certificate is not looked at: whoever answers at this address is believed",
                "tls_insecure_skip_verify",
            ]
        case VerifyKind.SYSTEM | VerifyKind.SERVER_NAME:
            pass
    return ["# How to talk to the media server", "transport http {", *indented(lines), "}"]
