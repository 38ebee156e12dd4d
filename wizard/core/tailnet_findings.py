"""How the ways in over Tailscale stand: judgement of what tailscaled said. Pure.

The limits of a relayed path are what people report, there is no published rate. Key expiry: 180 days by default.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from wizard.core.tailnet import Backend, Machine, Path, Silence, Tailnet
from wizard.core.tailnet_words import key_words, sentence, silence_words
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.core.ways import WaySetup, WayState, WayStatus

SOON = timedelta(days=30)
RELAYED_SPEED = "about 1 to 10 Mbit/s"
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
    facts = tuple((word, text) for word, text in _facts(seen) if text)
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


def _findings(setup: WaySetup, seen: Tailnet) -> Iterator[Verdict]:
    if seen.silence is not None:
        yield _no_daemon(seen)
        return
    yield from _standing(seen)
    if seen.me is not None and seen.backend is Backend.RUNNING:
        yield from _key(seen.me, seen.at, "This machine")
        yield from _other_end(setup, seen)
        yield from _network(setup, seen)
        yield from _for_method(setup.method, seen)
    if seen.health:
        yield Verdict(
            "way-tailscale-health",
            Level.NOTE,
            f"Tailscale itself says: {seen.health[0]}",
            detail=" · ".join(seen.health[1:]),
            remedy=Remedy("Read what Tailscale says.", "troubleshooting#way-tailscale-health"),
        )


def _no_daemon(seen: Tailnet) -> Verdict:
    is_down = seen.silence is Silence.NOT_RUNNING
    return Verdict(
        "way-tailscale-no-daemon",
        Level.FAILURE if is_down else Level.UNKNOWN,
        silence_words(seen),
        "Nothing reaches this machine through the tailnet." if is_down else "So nothing is known about the tailnet.",
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
            yield from _key(seen.me, seen.at, "This machine")
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


def _key(machine: Machine, at: datetime, who: str) -> Iterator[Verdict]:
    if machine.is_expired:
        yield Verdict(
            "way-tailscale-key-expired",
            Level.FAILURE,
            f"{who}’s key has expired, so {machine.label} is no longer in the tailnet",
            "Nothing reaches it through Tailscale until somebody signs in there.",
            remedy=Remedy(
                f"Sign in again on {machine.label}, then disable its key expiry.",
                "troubleshooting#way-tailscale-key-expired",
                snippet="sudo tailscale up --force-reauth",
                snippet_caption=f"On {machine.label}, in a terminal",
            ),
        )
    elif machine.expires_at is not None and machine.expires_at - at < SOON:
        yield Verdict(
            "way-tailscale-key-expiring",
            Level.WARNING,
            f"{who}’s key expires on {machine.expires_at.day} {machine.expires_at:%B %Y}",
            f"On that day {machine.label} drops off the tailnet, and viewers reach nothing.",
            remedy=Remedy(
                f"Disable key expiry for {machine.label} on the page Machines of Tailscale's admin console.",
                "troubleshooting#way-tailscale-key-expiring",
            ),
        )


def _other_end(setup: WaySetup, seen: Tailnet) -> Iterator[Verdict]:
    wanted = str(setup.values.get(PEER, ""))
    peer = seen.peer(wanted)
    if wanted and peer is None:
        yield _offline(f"{wanted} is not in this tailnet")
    elif peer is not None and peer.is_expired:
        yield from _key(peer, seen.at, peer.label)
    elif peer is not None and not peer.is_online:
        yield _offline(f"{peer.label} is offline")
    elif peer is not None:
        yield from _key(peer, seen.at, peer.label)
        if peer.path is Path.DERP and peer.is_measured:
            yield _relayed(f"The path to {peer.label} is relayed, not direct", Level.WARNING, peer.via)
    others = [one for one in seen.peers if one.path is Path.DERP and one.is_measured and one is not peer]
    if others:
        names = ", ".join(one.label for one in others[:5])
        yield _relayed(f"Relayed, not direct: {names}", Level.NOTE, others[0].via)


def _offline(summary: str) -> Verdict:
    return Verdict(
        "way-tailscale-peer-offline",
        Level.FAILURE,
        summary,
        "It is the machine at the other end of this way in: viewers reach nothing without it.",
        remedy=Remedy(
            "See that it is switched on, has a connection, and is signed in to Tailscale.",
            "troubleshooting#way-tailscale-peer-offline",
            snippet="tailscale status",
            snippet_caption="On that machine, in a terminal",
        ),
    )


def _relayed(summary: str, level: Level, region: str) -> Verdict:
    return Verdict(
        "way-tailscale-relayed",
        level,
        summary,
        f"People report {RELAYED_SPEED} through a relay: standard definition, or one modest HD stream.",
        f"Every ping went through the relay {region}." if region else "",
        Remedy("Let one of the two machines be reached by UDP.", "troubleshooting#way-tailscale-relayed"),
    )


def _network(setup: WaySetup, seen: Tailnet) -> Iterator[Verdict]:
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
    if seen.shared and _RULE_OFF not in seen.capabilities and seen.is_tun is not False:
        yield Verdict(
            "way-tailscale-collision",
            Level.WARNING,
            f"This machine's own network uses {seen.shared[0]}, from the same range as Tailscale",
            "On Linux Tailscale drops what comes from 100.64.0.0/10 outside the tailnet: this machine can lose its "
            "router, its name server, or other networks of that range.",
            f"Seen here: {', '.join(seen.shared)}",
            Remedy(
                f"Add the node attribute {_RULE_OFF} to the tailnet's policy.",
                "troubleshooting#way-tailscale-collision",
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
