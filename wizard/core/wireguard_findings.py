"""What can be wrong with the tunnel to a VPS, each with what to do about it."""

from __future__ import annotations

from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.core.wireguard import FILE, INTERFACE, End, Tunnel

_AFTER = "Viewers reach the VPS, but not your media server."
_PLACE = {End.VPS: "on the VPS", End.HOME: "at home"}


def no_interface(tunnel: Tunnel) -> Verdict:
    """This end is not up."""
    end = tunnel.porthole
    return Verdict(
        "way-wireguard-no-interface",
        Level.FAILURE,
        f"The tunnel is not up on this machine: nothing here has the address {tunnel.address(end)}",
        _AFTER,
        remedy=Remedy(
            f"Put the file {_PLACE[end]} to {FILE} and start the tunnel.",
            "troubleshooting#way-wireguard-no-interface",
            snippet=f"sudo systemctl enable --now wg-quick@{INTERFACE}\n",
            snippet_caption="On the machine that runs Porthole, in a terminal",
        ),
    )


def no_handshake(tunnel: Tunnel) -> Verdict:
    """This end is up and never heard the other one."""
    far = tunnel.porthole.other
    return Verdict(
        "way-wireguard-no-handshake",
        Level.FAILURE,
        f"The tunnel is up here, and the other end {_PLACE[far]} was never heard",
        _AFTER,
        remedy=Remedy(
            f"Start the tunnel {_PLACE[far]}, and let UDP {tunnel.port} in on the VPS.",
            "troubleshooting#way-wireguard-no-handshake",
            (
                f"See that home can reach {tunnel.vps}: its file dials {tunnel.endpoint}.",
                f"Open UDP {tunnel.port} in the VPS's own firewall, and in the one on the company's web page.",
                "Use both files from the same page: keys that were made anew must be new on both machines.",
            ),
        ),
    )


def stale(tunnel: Tunnel, age_seconds: int) -> Verdict:
    """The last handshake is older than a session lasts."""
    return Verdict(
        "way-wireguard-stale",
        Level.FAILURE,
        f"The tunnel was up and is cut: the last handshake is {_minutes(age_seconds)} old",
        _AFTER,
        remedy=_look_at_both(tunnel, "troubleshooting#way-wireguard-stale"),
    )


def silent(tunnel: Tunnel, age_seconds: int | None = None) -> Verdict:
    """Nothing answers through the tunnel. A firewall that drops what comes out of the tunnel looks the same."""
    far = tunnel.address(tunnel.porthole.other)
    seen = f"The last handshake is {age_seconds} seconds old." if age_seconds is not None else ""
    return Verdict(
        "way-wireguard-silent",
        Level.WARNING,
        f"{far} at the other end of the tunnel does not answer",
        _AFTER,
        seen,
        _look_at_both(tunnel, "troubleshooting#way-wireguard-silent"),
    )


def not_readable(trouble: str) -> Verdict:
    """Handshakes cannot be read."""
    return Verdict(
        "way-wireguard-not-readable",
        Level.UNKNOWN,
        "The handshakes of the tunnel cannot be read from here",
        "They would say whether the two ends ever met.",
        f"{trouble or 'No interface here has the key that was made on this page'}.",
        Remedy(
            "Read them yourself, on both machines.",
            "troubleshooting#way-wireguard-not-readable",
            snippet="sudo wg show\n",
            snippet_caption="On the VPS and at home, in a terminal",
        ),
    )


def _look_at_both(tunnel: Tunnel, guide: str) -> Remedy:
    return Remedy(
        f"See that both machines are on and that home can reach {tunnel.vps}.",
        guide,
        (
            "On the VPS and at home, look at the last handshake with sudo wg show.",
            f"Start the tunnel again where there is none: sudo systemctl restart wg-quick@{INTERFACE}",
        ),
    )


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds < 7200 else f"{seconds // 3600} hours"
