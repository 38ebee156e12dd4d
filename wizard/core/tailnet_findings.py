"""How the ways in over Tailscale stand: judgement of what tailscaled said. Pure.

The limits of a relayed path are what people report, there is no published rate. Key expiry: 180 days by default.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.core.tailnet import Backend, Path, Silence, Tailnet
from wizard.core.tailnet_api_findings import Known, judge_told, known_of
from wizard.core.tailnet_api_words import count_words, moment_words
from wizard.core.tailnet_verdicts import key_verdicts, offline, relayed
from wizard.core.tailnet_words import key_words, sentence, silence_words
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.core.ways import WaySetup, WayState, WayStatus

SOCKET, PEER = "socket", "peer"
"""What may be typed: the path of tailscaled's socket, and the name or address of the machine at the other end."""

_RULE_OFF = "disable-linux-cgnat-drop-rule"
_FUNNEL = {
    "https": "HTTPS certificates",
    "funnel": "the node attribute funnel",
    "https://tailscale.com/cap/funnel-ports": "the ports that Funnel may use",
}


def judge(setup: WaySetup, seen: Tailnet) -> WayStatus:
    """State, sentence, facts and findings of a way in over Tailscale."""
    verdicts = tuple(_findings(setup, seen))
    facts = tuple((word, text) for word, text in (*_facts(seen), *_facts_told(setup, seen)) if text)
    return WayStatus(_state(seen, verdicts), sentence(seen), facts, verdicts)


def _state(seen: Tailnet, verdicts: tuple[Verdict, ...]) -> WayState:
    if any(verdict.level is Level.FAILURE for verdict in verdicts):
        return WayState.TROUBLE
    if seen.silence is not None or seen.backend is Backend.UNKNOWN:
        return WayState.UNKNOWN
    return WayState.CONNECTED if seen.backend is Backend.RUNNING else WayState.WAITING


def _facts(seen: Tailnet) -> Iterator[tuple[str, str]]:
    if seen.silence is not None:
        return
    yield "Version", seen.version
    yield "Tailnet", seen.name
    if seen.me is not None:
        yield "This machine", seen.me.label
        yield "MagicDNS name", seen.me.dns_name
        yield "Addresses", ", ".join(seen.me.addresses)
        yield "Key", key_words(seen.me, seen.at)
    if seen.is_tun is not None:
        yield "Network", "A real interface" if seen.is_tun else "Userspace mode, without an interface"
    if seen.is_foreign:
        yield "Control server", seen.control
    yield "Certificates", ", ".join(seen.cert_domains)
    if seen.me is not None and seen.backend is Backend.RUNNING:
        missing = _missing_for_funnel(seen)
        yield "Funnel", f"Not allowed. Missing: {', '.join(missing)}" if missing else "Allowed on this machine"


def _facts_told(setup: WaySetup, seen: Tailnet) -> Iterator[tuple[str, str]]:
    told = known_of(setup).told
    if told is not None and told.at is not None and told.counts(seen.at):
        yield "Tailscale’s API", f"{count_words(told)}, read on {moment_words(told.at)}"


def _findings(setup: WaySetup, seen: Tailnet) -> Iterator[Verdict]:
    known = known_of(setup)
    if seen.silence is not None:
        yield _no_daemon(seen, knows_more=known.told is not None and known.told.counts(seen.at))
    else:
        yield from _local(setup, seen, known)
    yield from judge_told(setup.method, known, seen, str(setup.values.get(PEER, "")))


def _local(setup: WaySetup, seen: Tailnet, known: Known) -> Iterator[Verdict]:
    """What tailscaled on this machine said."""
    yield from _standing(seen)
    if seen.me is not None and seen.backend is Backend.RUNNING:
        yield from key_verdicts(seen.me, seen.at, "This machine")
        yield from _other_end(setup, seen)
        yield from _network(setup, seen, known.carrier)
        yield from _names(seen)
        yield from _for_method(setup.method, seen)
    if seen.health:
        yield Verdict(
            "way-tailscale-health",
            Level.NOTE,
            f"Tailscale itself says: {seen.health[0]}",
            detail=" · ".join(seen.health[1:]),
            remedy=Remedy("Read what Tailscale says.", "troubleshooting#way-tailscale-health"),
        )


def _no_daemon(seen: Tailnet, *, knows_more: bool) -> Verdict:
    is_down = seen.silence is Silence.NOT_RUNNING
    nothing = "Only what Tailscale’s API says" if knows_more else "So nothing"
    return Verdict(
        "way-tailscale-no-daemon",
        Level.FAILURE if is_down else Level.UNKNOWN,
        silence_words(seen),
        "Nothing reaches this machine through the tailnet." if is_down else f"{nothing} is known about the tailnet.",
        seen.detail,
        Remedy(
            "Start Tailscale on this machine." if is_down else "Let Porthole read Tailscale's socket.",
            "troubleshooting#way-tailscale-no-daemon",
            snippet="sudo systemctl start tailscaled" if is_down else "",
            snippet_caption="On this machine, in a terminal" if is_down else "",
        ),
    )


def _standing(seen: Tailnet) -> Iterator[Verdict]:
    sign_in = "sudo tailscale up"
    is_expired = seen.me is not None and seen.me.is_expired
    match seen.backend:
        case Backend.NEEDS_LOGIN if is_expired and seen.me is not None:
            yield from key_verdicts(seen.me, seen.at, "This machine")
        case Backend.NEEDS_LOGIN:
            yield _failed("way-tailscale-logged-out", "This machine is not signed in to Tailscale", sign_in)
        case Backend.STOPPED:
            yield _failed("way-tailscale-stopped", "Tailscale is switched off on this machine", sign_in)
        case Backend.NEEDS_APPROVAL:
            yield _failed("way-tailscale-not-approved", "This machine waits for approval in the tailnet")


def _failed(code: str, summary: str, command: str = "") -> Verdict:
    actions = {
        "way-tailscale-logged-out": "Sign this machine in to Tailscale.",
        "way-tailscale-stopped": "Switch Tailscale on again.",
        "way-tailscale-not-approved": "Approve this machine on the page Machines of Tailscale's admin console.",
    }
    caption = "On this machine, in a terminal" if command else ""
    remedy = Remedy(actions[code], f"troubleshooting#{code}", snippet=command, snippet_caption=caption)
    return Verdict(code, Level.FAILURE, summary, "Nothing passes through the tailnet until then.", remedy=remedy)


def _other_end(setup: WaySetup, seen: Tailnet) -> Iterator[Verdict]:
    wanted = str(setup.values.get(PEER, ""))
    peer = seen.peer(wanted)
    if wanted and peer is None:
        yield offline(f"{wanted} is not in this tailnet")
    elif peer is not None and peer.is_expired:
        yield from key_verdicts(peer, seen.at, peer.label)
    elif peer is not None and not peer.is_online:
        yield offline(f"{peer.label} is offline")
    elif peer is not None:
        yield from key_verdicts(peer, seen.at, peer.label)
        if peer.path is Path.DERP and peer.is_measured:
            yield relayed(f"The path to {peer.label} is relayed, not direct", Level.WARNING, peer.via)
    others = [one for one in seen.peers if one.path is Path.DERP and one.is_measured and one is not peer]
    if others:
        names = ", ".join(one.label for one in others[:5])
        yield relayed(f"Relayed, not direct: {names}", Level.NOTE, others[0].via)


def _network(setup: WaySetup, seen: Tailnet, carrier: str) -> Iterator[Verdict]:
    if seen.is_tun is False and setup.method != "funnel":
        yield Verdict(
            "way-tailscale-userspace",
            Level.WARNING,
            "Tailscale runs in userspace mode here",
            "Viewers who come through it look like 127.0.0.1, so all of them count as Local. "
            "Caddy on this machine cannot call addresses in the tailnet.",
            remedy=Remedy(
                "Give Tailscale a real network interface.",
                "troubleshooting#way-tailscale-userspace",
                snippet="TS_USERSPACE=false",
                snippet_caption="Environment of the Tailscale container",
            ),
        )
    if _RULE_OFF in seen.capabilities or seen.is_tun is False:
        return
    if seen.shared:
        yield _collision(
            f"This machine's own network uses {seen.shared[0]}, from the same range as Tailscale",
            Level.WARNING,
            "this machine can lose its router, its name server, or other networks of that range.",
            f"Seen here: {', '.join(seen.shared)}",
        )
    elif carrier:
        yield _collision(
            f"Your router has {carrier} on its internet side, from the same range as Tailscale",
            Level.NOTE,
            "this machine may not reach equipment of your provider in that range, such as a name server.",
            "Seen when the connection was looked at.",
        )


def _collision(summary: str, level: Level, loss: str, detail: str) -> Verdict:
    return Verdict(
        "way-tailscale-collision",
        level,
        summary,
        f"On Linux Tailscale drops what comes from 100.64.0.0/10 outside the tailnet: {loss}",
        detail,
        Remedy(
            f"Add the node attribute {_RULE_OFF} to the tailnet's policy.", "troubleshooting#way-tailscale-collision"
        ),
    )


def _names(seen: Tailnet) -> Iterator[Verdict]:
    if seen.has_magic_dns is False:
        name = (
            f"names such as {seen.me.dns_name}" if seen.me is not None and seen.me.dns_name else "names of machines"
        )
        where = (
            f"in the configuration of {seen.control}" if seen.is_foreign else "on the page DNS of its admin console"
        )
        yield Verdict(
            "way-tailscale-no-magic-dns",
            Level.NOTE,
            f"MagicDNS is off in this tailnet, so {name} do not work",
            "Addresses such as 100.101.1.10 work all the same. Funnel needs MagicDNS.",
            remedy=Remedy(
                f"Switch on MagicDNS {where}, or use addresses.", "troubleshooting#way-tailscale-no-magic-dns"
            ),
        )


def _for_method(method: str, seen: Tailnet) -> Iterator[Verdict]:
    if method == "funnel" and (missing := _missing_for_funnel(seen)):
        yield Verdict(
            "way-funnel-not-allowed",
            Level.FAILURE,
            f"Funnel is not allowed for this machine. Missing: {', '.join(missing)}",
            "The public ts.net name does not lead here.",
            remedy=Remedy(
                "Switch on MagicDNS, HTTPS and Funnel in Tailscale's admin console.",
                "troubleshooting#way-funnel-not-allowed",
            ),
        )
    if method == "tailnet" and not seen.cert_domains:
        yield Verdict(
            "way-tailnet-no-certificates",
            Level.NOTE,
            "Tailscale has no certificate name for this machine",
            "A domain of your own works all the same, with the DNS challenge.",
            remedy=Remedy(
                "Switch on HTTPS certificates in Tailscale's admin console, to use the ts.net name.",
                "troubleshooting#way-tailnet-no-certificates",
            ),
        )


def _missing_for_funnel(seen: Tailnet) -> list[str]:
    if seen.is_foreign:
        return [f"Funnel itself, because {seen.control} is not Tailscale’s own control server"]
    return [words for key, words in _FUNNEL.items() if not _has(seen, key)]


def _has(seen: Tailnet, capability: str) -> bool:
    return any(one == capability or one.startswith(f"{capability}?") for one in seen.capabilities)
