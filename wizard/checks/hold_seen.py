"""What the `hold` check sees of a live connection that said nothing for long."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wizard.core.faults import Fault


class Reload(StrEnum):
    """Whether Caddy loaded its configuration anew meanwhile, and if not, why we left that alone."""

    DONE = "done"
    BUSY = "busy"  # somebody was connected through Caddy
    SHARED = "shared"  # hand-written sites are served, too
    NO_DELAY = "no-delay"  # a proxy would cut its live connections
    UNKNOWN = "unknown"  # Caddy did not tell, or did not load


@dataclass(frozen=True, slots=True)
class Seen:
    """How long the connection lived. `is_answered` says that our message came back after all that.

    `reload_seconds` counts from the beginning, as `held_seconds` does from the handshake.
    """

    status: int = 0
    server: str = ""
    via: str = ""
    is_answered: bool = False
    close_code: int | None = None
    held_seconds: float = 0.0
    reload: Reload = Reload.UNKNOWN
    reload_seconds: float = 0.0
    fault: Fault | None = None
    detail: str = ""
