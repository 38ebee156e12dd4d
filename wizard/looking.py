"""A first look at an address: who answers there, and which certificate does it show?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from wizard.core.faults import Fault
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.media import MEDIA, Identity, NotThis, identify, identify_any
from wizard.net.door import Net

_CERTIFICATE_FAULTS = frozenset({Fault.EXPIRED, Fault.NOT_YET_VALID, Fault.NAME_MISMATCH, Fault.UNTRUSTED})
_MAY_GO_ON = frozenset({Fault.REFUSED, Fault.TIMED_OUT, Fault.UNREACHABLE})
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a media server gave: its identity, or a sentence, and perhaps a certificate.

    `may_go_on` says that the owner may continue without an answer.
    """

    identity: Identity | None = None
    sentence: str = ""
    may_go_on: bool = False
    certificate: dict[str, Any] | None = None


def look_at(net: Net, upstream: Upstream) -> Look:
    """Ask who answers, within a few seconds. A certificate that nobody vouches for is looked at, not refused."""
    asked = replace(upstream, verify=Verify())
    found = _identify(net, asked)
    certificate = _certificate(net, asked) if asked.scheme == "https" else None
    if isinstance(found, NotThis) and found.fault in _CERTIFICATE_FAULTS:
        found = _identify(net, replace(asked, verify=Verify(VerifyKind.OFF)))
    elif certificate is not None:
        certificate["trusted"] = True
    if isinstance(found, NotThis):
        return Look(sentence=_sentence(asked, found), may_go_on=found.fault in _MAY_GO_ON, certificate=certificate)
    if found.kind not in {upstream.media, "other"} and upstream.media != "other":
        kind, wanted = MEDIA[found.kind].title, MEDIA[upstream.media].title
        return Look(sentence=f"{kind} answers there, you chose {wanted}. Choose {kind}, or correct the address")
    if found.is_set_up is False:
        return Look(sentence=_not_set_up(found), certificate=certificate)
    return Look(identity=found, certificate=certificate)


def _identify(net: Net, upstream: Upstream) -> Identity | NotThis:
    if upstream.media == "other":
        return identify(net, MEDIA["other"], upstream, seconds=SECONDS)
    return identify_any(net, upstream, seconds=SECONDS)


def _certificate(net: Net, upstream: Upstream) -> dict[str, Any] | None:
    shown = net.certificate(upstream.address, upstream.port, seconds=SECONDS).certificate
    if shown is None:
        return None
    return {
        "names": list(shown.names),
        "issuer": shown.issuer,
        "sha256": shown.sha256,
        "pem": shown.pem,
        "expires_at": shown.not_after_at.isoformat(),
        "trusted": False,
    }


def _not_set_up(found: Identity) -> str:
    title = MEDIA[found.kind].title
    return (
        f"{title} still waits for its own first set-up. "
        "Finish that before it is on the internet, or anyone could claim it"
    )


def _sentence(upstream: Upstream, found: NotThis) -> str:
    title = MEDIA[upstream.media].title
    where, port = upstream.address, upstream.port
    match found.fault:
        case Fault.REFUSED:
            return (
                f"Nothing answers on port {port} at {where}. Check that {title} is running and that the port is right"
            )
        case Fault.TIMED_OUT | Fault.UNREACHABLE:
            return (
                f"{where} did not answer within {SECONDS:.0f} seconds. Check the address and this machine's firewall"
            )
        case Fault.NAME_NOT_FOUND | Fault.NO_ADDRESS:
            return f"This machine finds no address for {where}. Check the spelling, or enter the IP address"
        case Fault.RESOLVER_FAILED:
            return f"This machine could not look up {where}. Enter the IP address instead"
        case Fault.CLOSED | Fault.RESET | Fault.NOT_HTTP if upstream.scheme == "http":
            return (
                f"{upstream.dial} closes the connection without an answer to http. "
                f"If {title} requires secure connections, enter https://{upstream.dial}"
            )
        case Fault.TLS_FAILED | Fault.CLOSED | Fault.RESET if upstream.scheme == "https":
            return f"{upstream.dial} does not speak https. Enter http://{upstream.dial}"
        case None:
            called = f' It calls itself "{found.called}"' if found.called else ""
            return f"Something answers, but it is not Plex, Jellyfin or Emby.{called}"
        case fault:
            return f"{upstream.dial} could not be asked ({fault}). {found.detail}".strip()
