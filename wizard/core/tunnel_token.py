"""The token with which cloudflared joins a tunnel, as people paste it. Pure.

A token is base64 of a JSON object with `a` (account), `t` (tunnel) and `s` (secret). Whoever has it can answer in the
name of the tunnel, so it is a secret.
"""

from __future__ import annotations

import base64
import binascii
import json
import re

from wizard.core.refusal import Refusal

MISSING = "Enter the tunnel token"
NOT_ONE = "That does not look like a tunnel token. It is the long text after `--token`"
_LONGEST = 20_000  # a whole command with its token is far shorter
_TOKEN = re.compile(r"eyJ[A-Za-z0-9+/]+={0,2}")  # how base64 of {" begins
_SHOWN = re.compile(r"eyJ[A-Za-z0-9+/_=-]{16,}")


def read_token(text: str) -> str | Refusal:
    """The token in what was pasted: alone, in a whole command, as TUNNEL_TOKEN=…, or broken over several lines."""
    pasted = text[:_LONGEST].strip()
    if not pasted:
        return Refusal(MISSING)
    start = pasted.find("eyJ")
    unbroken = "".join(pasted[start:].split()) if start >= 0 else ""
    candidates = (*_TOKEN.findall(pasted), *_TOKEN.findall(unbroken)[:1])
    return next((one for one in candidates if _has_shape(one)), Refusal(NOT_ONE))


def tunnel_of(token: str) -> str:
    """The id of the tunnel that a token belongs to, which is no secret; "" for what is no token."""
    return str(_opened(token).get("t", ""))


def redact_tokens(line: str) -> str:
    """A line of a log without anything that looks like a token."""
    return _SHOWN.sub("(token)", line)


def _has_shape(candidate: str) -> bool:
    found = _opened(candidate)
    return all(isinstance(found.get(key), str) and found[key] for key in ("a", "t", "s"))


def _opened(candidate: str) -> dict[str, object]:
    try:
        found = json.loads(base64.b64decode(candidate, validate=True))
    except (ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}
