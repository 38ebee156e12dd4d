"""What `wg show all dump` prints, read without the secrets in it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer of an interface. `handshake_at` is seconds since 1970, 0 for never; bytes count from when it came up."""

    interface: str
    own_public: str
    public: str
    endpoint: str = ""
    handshake_at: int = 0
    received: int = 0
    sent: int = 0


def read_dump(text: str) -> tuple[Peer, ...]:
    """The peers of every interface (wg(8), *show all dump*): tab-separated, an interface's own line first.

    That line is interface, private key, public key, port, fwmark; a peer's is interface, public key, preshared key,
    endpoint, allowed addresses, latest handshake, received, sent, keepalive. Lines of another form are passed over.
    """
    own: dict[str, str] = {}
    peers = []
    for line in text.splitlines():
        part = line.split("\t")
        if len(part) == 5:
            own[part[0]] = part[2]
        elif len(part) == 9 and part[0] in own and all(number.isdecimal() for number in part[5:8]):
            endpoint = "" if part[3] == "(none)" else part[3]
            counts = (int(part[5]), int(part[6]), int(part[7]))
            peers.append(Peer(part[0], own[part[0]], part[1], endpoint, *counts))
    return tuple(peers)
