"""Becomes cloudflared as `run/tunnel.json` says: `tunnel.py WISH`, in the data folder.

A plain script like launch.py: it knows nothing but the standard library, and is gone once cloudflared runs, so
nothing of ours stays in memory beside it. The token is in a file, because a command line can be read by everybody.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

_KEPT_BACK = ("PORTHOLE_", "TUNNEL_")  # our secrets are not its business; TUNNEL_… would overrule the command line


def command_of(wish: dict[str, str]) -> list[str]:
    """The command line that runs the tunnel of a wish."""
    return [
        *(wish["program"], "tunnel", "--no-autoupdate", "--metrics", wish["metrics"]),
        *("run", "--token-file", wish["token_file"]),
    ]


def main(path: str) -> None:
    """Become cloudflared; ends with a line in the log when that is not possible, and supervisor tries again."""
    # whoever reads the log tells by the times that it keeps ending
    print(f"Porthole starts cloudflared at {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", flush=True)
    try:
        command = command_of(json.loads(Path(path).read_text()))
        environ = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_BACK)}
        os.execve(command[0], command, environ)  # noqa: S606 - a program and its arguments
    except (OSError, ValueError, KeyError) as problem:
        print(f"ERR cloudflared does not start: {problem}", flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
