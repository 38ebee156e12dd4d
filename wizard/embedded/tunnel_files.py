"""What makes the all-in-one start run cloudflared: a wish and a token in the data folder, for this user only.

Written by the page, looked at by supervisor every few seconds. Must not know what a tunnel is for.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from wizard.store.clock import now

_WISH, _TOKEN = Path("run") / "tunnel.json", Path("tunnel") / "token"
LOG = "log/tunnel.log"
"""Where supervisor writes what cloudflared says, in the data folder."""


def can_run(data: Path) -> bool:
    """Whether this Porthole was started by `porthole up`, which can run cloudflared, and not as single containers."""
    with suppress(OSError):
        return "[program:tunnel]" in (data / "run" / "supervisord.conf").read_text()
    return False


def wish_for(data: Path, program: str, metrics: str, token: str) -> None:
    """Have cloudflared run from now on, and across restarts. `metrics` is `address:port`, for its own endpoint.

    Raises OSError when the data folder cannot be written.
    """
    token_file = data / _TOKEN
    token_file.parent.mkdir(mode=0o700, exist_ok=True)
    _write(token_file, token)
    wish = {"program": program, "metrics": metrics, "token_file": str(_TOKEN), "since": now().isoformat()}
    _write(data / _WISH, json.dumps(wish))


def wish_no_more(data: Path) -> None:
    """Have it end. Gone already is fine."""
    for path in (data / _WISH, data / _TOKEN):
        path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)
