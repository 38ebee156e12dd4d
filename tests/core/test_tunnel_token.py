"""The token of a tunnel is found in whatever people paste, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json

import pytest

from wizard.core.refusal import Refusal
from wizard.core.tunnel_token import read_token, redact_tokens, tunnel_of


def token(**parts: object) -> str:
    """A token as Cloudflare makes them."""
    return base64.b64encode(json.dumps({"a": "account", "t": "tunnel-1", "s": "c2VjcmV0", **parts}).encode()).decode()


TOKEN = token()


@pytest.mark.parametrize(
    "pasted",
    [
        TOKEN,
        f"  {TOKEN}\n",
        f"cloudflared tunnel run --token {TOKEN}",
        f"cloudflared tunnel --no-autoupdate run --token={TOKEN}",
        f"sudo cloudflared service install {TOKEN}",
        f"cloudflared.exe service install {TOKEN}",
        f"docker run cloudflare/cloudflared:latest tunnel --no-autoupdate run --token {TOKEN}",
        f"TUNNEL_TOKEN={TOKEN}",
        f'      TUNNEL_TOKEN: "{TOKEN}"',
        f"cloudflared tunnel run --token {TOKEN[:30]}\n{TOKEN[30:]}",
    ],
)
def test_the_token_is_found_in_what_was_pasted(pasted: str) -> None:
    assert read_token(pasted) == TOKEN


@pytest.mark.parametrize(
    "pasted",
    [
        "cloudflared tunnel run --token",
        "hunter2",
        TOKEN[:-6],
        token(s=""),
        token(t=5),
        "eyJ" + "A" * 60,
        base64.b64encode(b"[1, 2]").decode(),
    ],
)
def test_anything_else_is_refused_with_what_to_look_for(pasted: str) -> None:
    found = read_token(pasted)
    assert isinstance(found, Refusal)
    assert found.message == "That does not look like a tunnel token. It is the long text after `--token`"


def test_nothing_at_all_is_asked_for() -> None:
    assert read_token(" \n") == Refusal("Enter the tunnel token")


def test_a_log_line_never_holds_the_token() -> None:
    assert redact_tokens(f"2026-11-26T00:00:00Z INF args: --token {TOKEN} x") == (
        "2026-11-26T00:00:00Z INF args: --token (token) x"
    )
    assert tunnel_of(TOKEN) == "tunnel-1"
