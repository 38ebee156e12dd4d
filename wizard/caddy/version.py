"""Which Caddy runs, and which options it knows. Pure: knows nothing of how the text was fetched.

Unknown options are refused by Caddy (strict JSON), so newer ones are written only for versions that
know them. `write_idle_timeout` is known by 2.11.7 and refused by 2.11.4 (measured on both); 2.11.5
and 2.11.6 were not looked at and count as not knowing it, unless that very Caddy said that it does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_MODULE = re.compile(r"caddyserver/caddy/v2@(v\d+\.\d+\.\d+[\w.+-]*)/")
_FIRST_WITH_WRITE_IDLE = (2, 11, 7)

# Adapting this never changes anything: it only tells whether the option's name is known.
WRITE_IDLE_QUESTION = "{\n\tservers {\n\t\ttimeouts {\n\t\t\twrite_idle -1s\n\t\t}\n\t}\n}\n"


@dataclass(frozen=True, slots=True)
class Version:
    """A Caddy version. `number` is empty when nobody could tell; `write_idle` says that the option is known."""

    text: str
    number: tuple[int, ...]
    write_idle: bool

    def __str__(self) -> str:
        return self.text or "unknown version"


UNKNOWN = Version("", (), write_idle=False)


def parse_version(text: str, *, write_idle: bool | None = None) -> Version:
    """Read `v2.11.7 h1:…`, as `caddy version` prints it. `write_idle` is what that Caddy itself said, if asked."""
    match = _NUMBER.search(text)
    number = tuple(int(part) for part in match.groups()) if match else ()
    shown = match.group(0).removeprefix("v") if match else ""
    known = number >= _FIRST_WITH_WRITE_IDLE if write_idle is None else write_idle
    return Version(shown, number, known)


def version_in_stacks(stacks: str) -> str:
    """The version in `/debug/pprof/goroutine?debug=1`: source paths there carry the module's version.

    `/metrics` cannot be used: its go_build_info says `(devel)` (measured on 2.11.7 and 2.11.4).
    Empty when there is none.
    """
    match = _MODULE.search(stacks)
    return match.group(1) if match else ""
