"""Whether the tunnel to the VPS is up: `wg` where this user may ask it, and whether the far end answers through it.

A handshake alone tells too late: one is made every two minutes while something flows, so a cut shows in its age after
three. So ports of the far end are dialled as well. A refusal is an answer: it came through the tunnel.
"""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from wizard.core.faults import Fault
from wizard.core.ways import Watch, WaySetup
from wizard.core.wireguard import ADMIN_PORT, End, Tunnel, tunnel_of
from wizard.core.wireguard_dump import Peer, read_dump
from wizard.core.wireguard_state import Seen, judge
from wizard.net.door import Net
from wizard.net.interfaces import own_networks
from wizard.net.machine import Kernel, is_bridged

_WG_SECONDS, _DIAL_SECONDS = 2.0, 2.5  # a second try of TCP's own comes after one second, a third after three
# of a machine with Caddy, and of one with a media server; any answer will do
_PORTS = {End.VPS: (ADMIN_PORT, 443, 22), End.HOME: (32400, 8096, 22)}


def observe(net: Net, setup: WaySetup) -> Seen:
    """Ask `wg`, look for the interface, and dial the far end."""
    tunnel = tunnel_of(setup.values)
    if tunnel is None:
        return Seen(time.time())
    end = tunnel.porthole
    peers, trouble = _ask_wg()
    own, far = str(setup.values.get(f"{end}_public", "")), str(setup.values.get(f"{end.other}_public", ""))
    peer = next((one for one in peers if (one.own_public, one.public) == (own, far)), Peer("", own, far))
    is_up = tunnel.address(end) in own_networks()
    is_boxed = not is_up and is_bridged(Kernel())
    # where no end is, whoever answers at that address is somebody else
    answered = _dial(net, tunnel, is_up=is_up) if is_up or is_boxed else 0
    return Seen(
        at=time.time(),
        is_up=is_up,
        is_boxed=is_boxed,
        interface=peer.interface,
        trouble=trouble,
        endpoint=peer.endpoint,
        handshake_at=peer.handshake_at,
        received=peer.received,
        sent=peer.sent,
        answered=answered,
    )


def _ask_wg() -> tuple[tuple[Peer, ...], str]:
    try:
        done = subprocess.run(
            ["wg", "show", "all", "dump"],  # noqa: S607 -- where it lies differs from system to system
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_WG_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return (), "The program wg is not installed here"
    except (OSError, subprocess.TimeoutExpired):
        return (), "The program wg gave no answer"
    peers = read_dump(done.stdout.decode(errors="replace"))
    # it passes over interfaces that this user may not ask, and says so on its standard error only
    if not peers and b"not permitted" in done.stderr:
        return (), "This user may not ask wg"
    return peers, ""


def _dial(net: Net, tunnel: Tunnel, *, is_up: bool) -> int:
    """The first port of the far end that answers, 0 for none. Without an end here a refusal may be any router's."""
    far = tunnel.porthole.other
    ports = _PORTS[far]
    answers = {None, Fault.REFUSED, Fault.RESET} if is_up else {None}
    with ThreadPoolExecutor(len(ports)) as pool:
        tried = pool.map(lambda port: net.connect(tunnel.address(far), port, seconds=_DIAL_SECONDS), ports)
        return next((one.port for one in tried if one.fault in answers), 0)


WATCH = Watch(Seen, observe, judge, seconds=_WG_SECONDS + _DIAL_SECONDS + 1)
