"""Facts about a connection -> what stands between a viewer and the home, how sure that is, and what would settle it.

Pure. The rules follow the guide `cgnat.md`; the first that fits decides, and those that are certain come first. A
rule is certain only where no further fact can take it back: every other one says how sure it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wizard.core.addresses import Kind as Net
from wizard.core.addresses import is_routed, is_translated, kind_of, parse_address
from wizard.core.connection import Facts, Gateway, about_home
from wizard.core.nat_evidence import Evidence, evidence_of
from wizard.core.nat_kinds import Confidence, Inbound, Kind, Note
from wizard.core.nat_notes import notes_of
from wizard.core.nat_picture import Stop, picture_of
from wizard.core.nat_sentences import Settle, sentence_of, settle_of
from wizard.core.nat_view import OWN_BOX_MILLISECONDS, Space, View, view_of

Finding = tuple[Kind, Confidence]


@dataclass(frozen=True, slots=True)
class NatVerdict:
    """What stands between a viewer and the home.

    `wan` is the router's own address and `public4`, `public6` what the internet sees, each empty when it is not
    known. `inbound4` and `inbound6` say whether a connection from outside can come in. `varies` says whether the
    mapping changes with the server asked (then tunnels between homes seldom become direct), None when not measured.
    `settle` is the one fact that would make it surer, None when it is certain.
    """

    kind: Kind
    confidence: Confidence
    sentence: str
    guide: str
    settle: Settle | None = None
    notes: tuple[Note, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    picture: tuple[Stop, ...] = ()
    wan: str = ""
    public4: str = ""
    public6: str = ""
    inbound4: Inbound = Inbound.UNKNOWN
    inbound6: Inbound = Inbound.UNKNOWN
    varies: bool | None = None


def judge(facts: Facts) -> NatVerdict:
    """The verdict on any set of facts, whether complete, partial, empty or contradictory."""
    home = about_home(facts)
    view = view_of(home)
    kind, confidence = next(_findings(view))
    settle = settle_of(view, kind, confidence)
    return NatVerdict(
        kind=kind,
        confidence=confidence,
        sentence=sentence_of(view, kind, confidence),
        guide=kind.guide,
        settle=settle,
        notes=notes_of(view),
        evidence=evidence_of(home),
        picture=picture_of(view, kind, confidence),
        wan=view.outer.address if view.outer else "",
        public4=_public4(view),
        public6=view.public6,
        inbound4=_inbound4(kind, confidence),
        inbound6=_inbound6(view),
        varies=view.varies,
    )


def _findings(view: View) -> Iterator[Finding]:
    for rule in _RULES:
        if found := rule(view):
            yield found
    yield Kind.UNKNOWN, Confidence.UNKNOWN


def _shared_wan(view: View) -> Finding | None:
    shared = [wan for wan in view.wans if wan.space is Space.SHARED]
    if not shared:
        return None
    others = {wan.gateway for wan in view.wans if wan.space is Space.ROUTED and wan.gateway}
    if others and all(wan.gateway and wan.gateway not in others for wan in shared) and not view.is_chained:
        return Kind.MULTI_WAN, Confidence.LIKELY  # two routers side by side, one of them with a public address
    return Kind.CGNAT, Confidence.CERTAIN


def _translated_wan(view: View) -> Finding | None:
    if any(wan.space is Space.TRANSLATED for wan in view.wans):
        return Kind.DS_LITE, Confidence.CERTAIN
    return None


def _no_router(view: View) -> Finding | None:
    """The machine has the public address itself."""
    own = view.facts.machine.value.four.address
    if view.vpn or not own or own not in view.seen:
        return None
    return Kind.NO_NAT, Confidence.CERTAIN


def _equal_wan(view: View) -> Finding | None:
    """The router's address is the one that the internet sees.

    What UPnP, NAT-PMP and PCP say counts as certain only with a second witness: a router may be told to answer with
    the address it learnt from outside (miniupnpd's ext_perform_stun and ext_ip).
    """
    equal = [wan for wan in view.wans if wan.space is Space.ROUTED and wan.address in view.equals]
    if not equal:
        return None
    is_sure = view.is_clear or any(wan.source == "typed" for wan in equal)
    if view.hop_in(Net.SHARED):
        return Kind.CGNAT, Confidence.POSSIBLE  # the two contradict each other
    confidence = Confidence.CERTAIN if is_sure else Confidence.LIKELY
    if view.inner is None:
        return Kind.OPEN, confidence
    return Kind.DOUBLE_NAT, confidence if view.is_chained else Confidence.LIKELY


def _carrier_hop(view: View) -> Finding | None:
    """A hop in the carriers' own block: likely, not proof, because some number their own routers with it."""
    if view.translated_hop is not None:
        return Kind.DS_LITE, Confidence.LIKELY
    if view.hop_in(Net.SHARED) is None or _has(view, Space.ROUTED):
        return None
    return Kind.CGNAT, Confidence.LIKELY


def _private_wan(view: View) -> Finding | None:
    """A second translator stands in front of the router; whose it is, only its own answers tell."""
    if not _has(view, Space.PRIVATE) or _has(view, Space.ROUTED) or _has(view, Space.HIDDEN):
        return None
    first = view.beyond[0] if view.beyond else None
    if view.facts.pages.value:
        return Kind.DOUBLE_NAT, Confidence.LIKELY
    if view.facts.pages.is_known and first and first.address and _delay(view) > OWN_BOX_MILLISECONDS:
        return Kind.CGNAT, Confidence.LIKELY
    return Kind.TWO_NATS, Confidence.CERTAIN


def _hidden_wan(view: View) -> Finding | None:
    if not _has(view, Space.HIDDEN) or _has(view, Space.ROUTED):
        return None
    if _is_without_ipv4(view):
        return Kind.DS_LITE, Confidence.LIKELY
    if view.inner is not None or view.facts.pages.value:
        return Kind.TWO_NATS, Confidence.LIKELY
    return Kind.CGNAT, Confidence.LIKELY


def _public_wan(view: View) -> Finding | None:
    """A public address that is not the one seen, or with which nothing could be compared."""
    if not _has(view, Space.ROUTED):
        return None
    if view.hop_in(Net.SHARED) is not None:
        return Kind.CGNAT, Confidence.LIKELY
    if view.vpn or not view.seen:
        return Kind.OPEN, Confidence.LIKELY
    if len(view.seen) > 1:
        return Kind.MULTI_WAN, Confidence.LIKELY
    if len(view.facts.machine.value.four.gateways) > 1:
        return Kind.MULTI_WAN, Confidence.POSSIBLE
    return Kind.OTHER_ADDRESS, Confidence.POSSIBLE


def _vpn(view: View) -> Finding | None:
    return (Kind.VPN, Confidence.CERTAIN) if view.vpn else None


def _without_ipv4(view: View) -> Finding | None:
    machine = view.facts.machine
    own = parse_address(machine.value.four.address)
    if own and is_translated(own):
        return Kind.DS_LITE, Confidence.LIKELY
    has_six = bool(view.public6)
    if machine.is_known and not own and has_six:
        return Kind.DS_LITE, Confidence.LIKELY
    return None


def _own_address(view: View) -> Finding | None:
    """No router told anything; the machine's own address may."""
    own = parse_address(view.facts.machine.value.four.address)
    if own is None:
        return None
    if kind_of(own) is Net.SHARED and _gateway_is_shared(view):
        return Kind.CGNAT, Confidence.LIKELY
    if is_routed(own):
        if view.seen:
            return Kind.OTHER_ADDRESS, Confidence.POSSIBLE
        return None if _is_silent(view) else (Kind.NO_NAT, Confidence.LIKELY)
    return None


def _only_hops(view: View) -> Finding | None:
    """The way out alone: weak, because carriers number their routers as they like."""
    if view.facts.pages.value:
        return Kind.TWO_NATS, Confidence.LIKELY
    first = next((parse_address(hop.address) for hop in view.beyond[:1]), None)
    if first is not None and is_routed(first):
        return Kind.OPEN, Confidence.POSSIBLE
    if view.hop_in(Net.PRIVATE) is not None or _has_mismatch(view):
        return Kind.TWO_NATS, Confidence.POSSIBLE
    return None


def _offline(view: View) -> Finding | None:
    return (Kind.OFFLINE, Confidence.LIKELY) if _is_silent(view) else None


_RULES: tuple[Callable[[View], Finding | None], ...] = (
    _shared_wan,
    _translated_wan,
    _no_router,
    _equal_wan,
    _carrier_hop,
    _hidden_wan,
    _private_wan,
    _public_wan,
    _vpn,
    _without_ipv4,
    _own_address,
    _only_hops,
    _offline,
)


def _is_silent(view: View) -> bool:
    """True when services out there were asked, and none answered."""
    asked = [fact for fact in (view.facts.stun, view.facts.public4, view.facts.public6) if fact.is_known]
    return bool(asked) and not any(fact.value for fact in asked) and not view.equals


def _has(view: View, space: Space) -> bool:
    return any(wan.space is space for wan in view.wans)


def _delay(view: View) -> float:
    """Milliseconds from the own router to the hop behind it."""
    first = view.beyond[0]
    before = [hop.milliseconds for hop in view.facts.hops.value if hop.distance < first.distance and hop.address]
    return first.milliseconds - max(before, default=0.0)


def _is_without_ipv4(view: View) -> bool:
    return bool(view.public6) and not view.seen and view.facts.public4.is_known


def _gateway_is_shared(view: View) -> bool:
    gateways = (parse_address(text) for text in view.facts.machine.value.four.gateways)
    return any(gateway is not None and kind_of(gateway) is Net.SHARED for gateway in gateways)


def _has_mismatch(view: View) -> bool:
    """PCP's ADDRESS_MISMATCH (RFC 6887, section 7.4): another translator stands before the router that answered."""

    def is_mismatch(gateway: Gateway) -> bool:
        return gateway.result == 12

    return any(map(is_mismatch, view.facts.pcp.value)) and not view.facts.machine.value.is_bridged


def _public4(view: View) -> str:
    if view.vpn:
        return view.outer.address if view.outer and view.outer.space is Space.ROUTED else ""
    return next(iter((*view.seen, *sorted(view.equals))), "")


def _inbound4(kind: Kind, confidence: Confidence) -> Inbound:
    if confidence in {Confidence.POSSIBLE, Confidence.UNKNOWN}:
        return Inbound.UNKNOWN
    return kind.inbound


def _inbound6(view: View) -> Inbound:
    """IPv6 comes in where this machine's own address is the one seen, once the firewall lets it."""
    if not view.facts.public6.is_known or view.vpn:
        return Inbound.UNKNOWN
    if not view.public6:
        return Inbound.CLOSED
    own = {text for one in view.facts.machine.value.interfaces for text in one.addresses} | {view.own6}
    return Inbound.AFTER_CHANGE if view.public6 in own else Inbound.UNKNOWN
