"""Words for a tailnet: how it stands, how a path matters for video, when a key ends. Pure."""

from __future__ import annotations

from datetime import datetime

from wizard.core.tailnet import Backend, Machine, Path, Silence, Tailnet

_PATHS = {
    Path.DIRECT: ("Direct", "Video runs as fast as the slower of the two lines."),
    Path.PEER_RELAY: ("Through your own relay", "Video runs as fast as that relay's line."),
    Path.DERP: ("Relayed", "Expect about 1 to 10 Mbit/s: standard definition, or one modest HD stream."),
    Path.IDLE: ("Idle", "The path shows once it is used. Test it to know now."),
    Path.OFFLINE: ("Offline", "Nothing can be sent there."),
}


def path_words(machine: Machine) -> tuple[str, str]:
    """The path in one or two words, and what it means for video."""
    word, consequence = _PATHS[machine.path]
    if machine.path is Path.DERP and not machine.is_measured:
        return "Relayed so far", "A direct path may still be found. Test it to know."
    return word, consequence


def key_words(machine: Machine, at: datetime) -> str:
    """When its key ends."""
    if machine.is_expired:
        return "Has expired"
    if machine.expires_at is None:
        return "Does not expire"
    return f"Expires on {machine.expires_at.day} {machine.expires_at:%B %Y}, in {(machine.expires_at - at).days} days"


def silence_words(seen: Tailnet) -> str:
    """Why nothing is known, in one sentence."""
    match seen.silence:
        case Silence.NOT_RUNNING:
            return f"Tailscale does not run on this machine: nobody answers at {seen.socket}"
        case Silence.NOT_ALLOWED:
            return f"Porthole may not open {seen.socket}"
        case Silence.NOT_UNDERSTOOD:
            return f"What answered at {seen.socket} is not understood"
    return f"There is no Tailscale at {seen.socket}" if seen.socket else "No Tailscale was found beside Porthole"


def sentence(seen: Tailnet) -> str:
    """How it stands, in one sentence."""
    if seen.silence is not None:
        return silence_words(seen)
    me = seen.me.label if seen.me is not None else "This machine"
    match seen.backend:
        case Backend.RUNNING:
            return _running(seen, me)
        case Backend.NEEDS_LOGIN:
            is_expired = seen.me is not None and seen.me.is_expired
            return f"{me} has to sign in again: its key has expired" if is_expired else f"{me} is not signed in"
        case Backend.NEEDS_APPROVAL:
            return f"{me} waits for approval in the tailnet"
        case Backend.STOPPED:
            return f"Tailscale is switched off on {'this machine' if seen.me is None else me}"
        case Backend.STARTING | Backend.NO_STATE:
            return "Tailscale is starting"
    return "Tailscale is in a state that Porthole does not know"


def _running(seen: Tailnet, me: str) -> str:
    number = len(seen.peers) + seen.more_peers
    online = sum(peer.is_online for peer in seen.peers) + seen.more_online
    where = f" to {seen.suffix}" if seen.suffix else ""
    address = f" as {seen.me.addresses[0]}" if seen.me is not None and seen.me.addresses else ""
    others = "no other machine" if number == 0 else "1 other machine" if number == 1 else f"{number} other machines"
    count = f", {online} of them online" if number > 1 else ""
    return f"{me} is connected{where}{address}, with {others} in the tailnet{count}"
