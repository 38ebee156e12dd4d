"""One proxy host from one wish: the wizard's questions answered all at once, for the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from wizard.core.domain import Domain
from wizard.core.hosts import ProxyHost, Upstream, Verify, VerifyKind
from wizard.core.refusal import Refusal
from wizard.core.upstreams import parse_upstream
from wizard.looking import look_at
from wizard.media import MEDIA, Identity, identify_any
from wizard.methods import METHODS, choosable
from wizard.net.door import Net
from wizard.store.hosts import new_key


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed. `plex_mode` None means: on for Plex. `anyway` adds a host although nothing answers.

    `verify` says how the certificate of an https upstream is verified; `server_name` is for SERVER_NAME.
    """

    domain: str
    upstream: str
    media: str = ""
    method: str = "direct"
    plex_mode: bool | None = None
    forward_client_ip: bool = True
    websocket: bool = True
    verify: VerifyKind = VerifyKind.SYSTEM
    server_name: str = ""
    anyway: bool = False


def make_host(net: Net, wish: Wish) -> tuple[ProxyHost, dict[str, Any]] | Refusal:
    """The proxy host and what its server said of itself, or the sentence that says what is wrong."""
    domain = Domain.parse(wish.domain)
    if isinstance(domain, Refusal):
        return domain
    if wish.method not in METHODS or not METHODS[wish.method].is_choosable:
        return Refusal(f"There is no way in called {wish.method}. Choose {', '.join(m.key for m in choosable())}")
    if wish.media and wish.media not in MEDIA:
        return Refusal(f"There is no media server called {wish.media}. Choose {', '.join(MEDIA)}")
    found = _find_server(net, wish)
    if isinstance(found, Refusal):
        return found
    upstream, server = found
    media = MEDIA[upstream.media]
    host = ProxyHost(
        key=new_key(),
        domain=domain,
        upstream=upstream,
        method=wish.method,
        plex_mode=media.has_plex_mode if wish.plex_mode is None else wish.plex_mode,
        forward_client_ip=wish.forward_client_ip,
        websocket=wish.websocket,
    )
    return host, server


def _find_server(net: Net, wish: Wish) -> tuple[Upstream, dict[str, Any]] | Refusal:
    media = MEDIA[wish.media or "plex"]
    upstream = parse_upstream(wish.upstream, media=media.key, default_port=media.default_port)
    if isinstance(upstream, Refusal):
        return upstream
    if not wish.media:
        named = identify_any(net, upstream)
        if isinstance(named, Identity):
            upstream = replace(upstream, media=named.kind)
    look = look_at(net, upstream)
    if look.identity is None and not wish.anyway:
        return Refusal(look.sentence)
    verify = _verify(upstream, wish, look.certificate or {})
    if isinstance(verify, Refusal):
        return verify
    server = msgspec.to_builtins(look.identity) if look.identity else {}
    return replace(upstream, verify=verify), server


def _verify(upstream: Upstream, wish: Wish, shown: dict[str, Any]) -> Verify | Refusal:
    """What was chosen, if it fits the certificate that is shown."""
    if upstream.scheme != "https":
        return Verify()
    names = [str(name) for name in shown.get("names", ())]
    match wish.verify:
        case VerifyKind.SERVER_NAME:
            return Verify(VerifyKind.SERVER_NAME, wish.server_name)
        case VerifyKind.PINNED:
            if not names:
                return Refusal(f"{upstream.dial} shows no certificate that can be pinned. Choose another way")
            return Verify(VerifyKind.PINNED, names[0].replace("*", "porthole", 1), shown["pem"])
        case VerifyKind.SYSTEM if shown and not shown["trusted"]:
            return Refusal(
                f"No public authority vouches for the certificate of {upstream.dial}, which is for "
                f"{', '.join(names) or 'no name'} (SHA-256 {shown['sha256']}). "
                "Add --pin to accept exactly this one, or --server-name with a name it is for"
            )
        case kind:
            return Verify(kind)
