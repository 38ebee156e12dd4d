"""What cloudflared says of itself, read and judged. Pure: who asked it does not matter.

`/ready` answers `{"status", "readyConnections", "connectorId"}`, with status 503 while there is no connection;
`/metrics` names the places it is connected to. The log says why there is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wizard.core.tunnel_token import redact_tokens
from wizard.core.verdicts import Level, Remedy, Verdict
from wizard.core.ways import WaySetup, WayState, WayStatus

HERE, ELSEWHERE = "here", "elsewhere"  # who runs cloudflared: Porthole with a token, or somebody else
MARK = (
    "Porthole starts cloudflared"  # begins each start in the log, with its time; what stands before no longer counts
)
MANY_STARTS, STARTS_SECONDS = 3, 70  # supervisor waits at most 20 s before it starts one that ended anew
MOST_LINES, MOST_SHOWN = 40, 12  # that are judged, and that stand on the page
_REFUSED = ("provided tunnel token is not valid", "invalid tunnel secret", "unauthorized: failed to get tunnel")
_BLOCKED = ("failed to dial to edge with quic", ":7844: i/o timeout", ":7844: connect:")
_TOO_OLD = "flag provided but not defined: -token-file"
_REGISTERED = "registered tunnel connection"
_START = re.compile(rf"^{MARK} at (\S+)$", re.MULTILINE)
_BAD_LINE = re.compile(r"\b(?:ERR|WRN|FTL)\b")
_PLACE = re.compile(
    r'^cloudflared_tunnel_server_locations\{[^}]*edge_location="([^"]+)"[^}]*\} 1(?:\.0)?$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class TunnelSeen:
    """`program` is the cloudflared that was found, "" when there is none. `status` is that of /ready, 0 without an
    answer. `lines` are the latest of its log since it was started last, without tokens. `starts` counts how often it
    was started within the last STARTS_SECONDS."""

    program: str = ""
    status: int = 0
    connections: int = 0
    places: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    starts: int = 0


def read_ready(body: str) -> int:
    """How many connections `/ready` tells of; 0 for what is no such answer."""
    try:
        found = json.loads(body)
    except ValueError:
        return 0
    count = found.get("readyConnections") if isinstance(found, dict) else None
    return max(count, 0) if isinstance(count, int) else 0


def read_places(metrics: str) -> tuple[str, ...]:
    """Where it is connected to, such as `fra01`, each once."""
    return tuple(sorted(set(_PLACE.findall(metrics))))


def latest_lines(log: str) -> tuple[str, ...]:
    """The end of a log since the latest start, without tokens."""
    since = log.rpartition(MARK)[2].partition("\n")[2] if MARK in log else log
    lines = [redact_tokens(line.rstrip())[:400] for line in since.splitlines() if line.strip()]
    return tuple(lines[-MOST_LINES:])


def count_starts(log: str, at: datetime) -> int:
    """How many starts the end of a log tells of, within STARTS_SECONDS before `at`."""
    since = at - timedelta(seconds=STARTS_SECONDS)
    return sum(since <= moment <= at for text in _START.findall(log) if (moment := _moment(text)))


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def ready_url(values: Mapping[str, Any]) -> str:
    """Where cloudflared's own endpoint is, without a path: `http://127.0.0.1:20241`."""
    return str(values.get("ready", ""))


def judge(setup: WaySetup, seen: TunnelSeen) -> WayStatus:
    """How the tunnel stands."""
    if setup.values.get("runs") not in {HERE, ELSEWHERE}:
        return WayStatus(WayState.NOT_SET_UP, "No tunnel was set up here")
    is_ours, shown = setup.values["runs"] == HERE, seen.lines[-MOST_SHOWN:]
    if seen.status == 200 and seen.connections:
        return WayStatus(WayState.CONNECTED, _connected(seen), _facts(setup, seen), log=shown)
    if is_ours and _is_starting(seen):
        starting = "cloudflared is starting and has no connection yet"
        return WayStatus(WayState.WAITING, starting, _facts(setup, seen), log=shown)
    found = _no_connection(setup, seen, is_ours=is_ours)
    state = WayState.UNKNOWN if found.level is Level.UNKNOWN else WayState.TROUBLE
    return WayStatus(state, found.summary, _facts(setup, seen), (found,), shown)


def _connected(seen: TunnelSeen) -> str:
    count = "1 connection" if seen.connections == 1 else f"{seen.connections} connections"
    return f"{count} to Cloudflare{', ' + ', '.join(seen.places) if seen.places else ''}"


def _facts(setup: WaySetup, seen: TunnelSeen) -> tuple[tuple[str, str], ...]:
    facts = (("Program", seen.program), ("Readiness asked at", f"{ready_url(setup.values)}/ready"))
    return tuple((word, text) for word, text in facts if text)


def _is_starting(seen: TunnelSeen) -> bool:
    told = " ".join(seen.lines).lower()
    calm = not any(_BAD_LINE.search(line) for line in seen.lines)
    if _keeps_ending(seen):
        return False
    return bool(seen.program) and calm and not any(sign in told for sign in (*_REFUSED, _TOO_OLD, _REGISTERED))


def _keeps_ending(seen: TunnelSeen) -> bool:
    return not seen.status and seen.starts >= MANY_STARTS


def _no_connection(setup: WaySetup, seen: TunnelSeen, *, is_ours: bool) -> Verdict:
    where, told = ready_url(setup.values), " ".join(seen.lines).lower()
    if is_ours and not seen.program:
        return _no_program(str(setup.values.get("program", "")))
    if _TOO_OLD in told:
        return _too_old(seen.program)
    if any(sign in told for sign in _REFUSED):
        return _token_refused(seen)
    if any(sign in told for sign in _BLOCKED):
        return _blocked(seen)
    if is_ours and _keeps_ending(seen):
        return _ends(seen)
    if not is_ours and not seen.status:
        return _unknown(where)
    return _not_ready(seen, where)


def _remedy(code: str, action: str, *steps: str) -> Remedy:
    return Remedy(action, f"troubleshooting#{code}", steps)


def _last(seen: TunnelSeen, *signs: str) -> str:
    bad = [line for line in seen.lines if any(sign in line.lower() for sign in signs)] if signs else []
    bad = bad or [line for line in seen.lines if _BAD_LINE.search(line)] or list(seen.lines)
    return f"Its log says: {bad[-1]}" if bad else ""


def _no_program(program: str) -> Verdict:
    code = "way-cloudflare-no-program"
    return Verdict(
        code,
        Level.FAILURE,
        f"There is no program at {program}" if program else "cloudflared was not found on this machine",
        "Without it nothing connects your home to Cloudflare.",
        remedy=_remedy(
            code,
            "Install cloudflared, or tell Porthole where it is.",
            "Open Ways in, Cloudflare Tunnel.",
            "Save again.",
        ),
    )


def _too_old(program: str) -> Verdict:
    code = "way-cloudflare-too-old"
    return Verdict(
        code,
        Level.FAILURE,
        f"{program or 'cloudflared'} is too old to read its token from a file",
        "On the command line every program on this machine could read the token.",
        remedy=_remedy(code, "Install the current cloudflared."),
    )


def _token_refused(seen: TunnelSeen) -> Verdict:
    code = "way-cloudflare-token-refused"
    return Verdict(
        code,
        Level.FAILURE,
        "Cloudflare does not know this token. Copy it again",
        "A token ends when the tunnel is deleted or its token is renewed.",
        _last(seen, *_REFUSED),
        _remedy(code, "Copy the token again and save it.", "In Cloudflare, open the tunnel and copy its command."),
    )


def _blocked(seen: TunnelSeen) -> Verdict:
    code = "way-cloudflare-blocked"
    return Verdict(
        code,
        Level.FAILURE,
        "Nothing from this machine reaches Cloudflare on port 7844",
        "The tunnel needs outgoing connections to port 7844, UDP or TCP.",
        _last(seen, *_BLOCKED),
        _remedy(code, "Allow outgoing connections to port 7844, UDP and TCP, in the firewall."),
    )


def _ends(seen: TunnelSeen) -> Verdict:
    code = "way-cloudflare-ends"
    return Verdict(
        code,
        Level.FAILURE,
        f"{seen.program} ends by itself right after each start",
        "Porthole starts it again and again. Meanwhile Cloudflare shows an error page to everybody who opens your "
        "address.",
        _last(seen) or "It logged nothing before it ended.",
        _remedy(
            code,
            f"Run {seen.program} --version in a terminal on this machine: it shows why it does not run.",
            "When that fails, install cloudflared again, in the build for this kind of processor.",
            "When it works, read the last lines of its log under Ways in, Cloudflare Tunnel.",
        ),
    )


def _not_ready(seen: TunnelSeen, where: str) -> Verdict:
    code = "way-cloudflare-not-ready"
    said = f"cloudflared at {where} has no connection to Cloudflare" if seen.status else ""
    return Verdict(
        code,
        Level.FAILURE,
        said or f"cloudflared does not answer at {where}",
        "Until it is connected, Cloudflare shows an error page to everybody who opens your address.",
        _last(seen),
        _remedy(code, "Read the last lines of its log.", "Open Ways in, Cloudflare Tunnel.", "Look again."),
    )


def _unknown(where: str) -> Verdict:
    code = "way-cloudflare-unknown"
    return Verdict(
        code,
        Level.UNKNOWN,
        f"Nobody answers at {where}/ready",
        "The tunnel may work all the same: the other checks ask through your public address.",
        remedy=_remedy(code, "Start cloudflared with --metrics, and enter that address under Ways in."),
    )
