"""Under which address services on the internet see us, over a chosen IP version. Nothing is sent but the request."""

from __future__ import annotations

import contextlib
import json

from wizard.core.addresses import Address, is_routed, parse_address
from wizard.core.connection import Seen
from wizard.core.hosts import Verify
from wizard.net import exchange, names
from wizard.net.deadline import Deadline
from wizard.net.exchange import Target, Terms

_MOST_BYTES = 4096
_HEADERS = (("Accept", "text/plain, application/json;q=0.9"),)


def ask_service(url: str, version: int, deadline: Deadline, *, roots_pem: str = "") -> tuple[Seen | None, str]:
    """The address that one service saw over IPv4 or IPv6 (`version`), or None and why there is none."""
    target = Target.parse(url)
    where = names.addresses(target.host, servers=(), known={}, seconds=deadline.left())
    dialled = tuple(text for text in where.values if (a := parse_address(text)) and a.version == version)
    if not dialled:
        return None, f"{target.host} has no IPv{version} address" if not where.fault else where.detail
    terms = Terms(Verify(), roots_pem, max_bytes=_MOST_BYTES)
    answer = exchange.get(url, dialled, _HEADERS, terms, deadline)
    if answer.fault or answer.status != 200:
        return None, f"{target.host}: {answer.fault or answer.status}"
    address = read_address(answer.body)
    if address is None or address.version != version or not is_routed(address):
        return None, f"{target.host} answered with no IPv{version} address"
    return Seen(target.host, str(address)), ""


def read_address(body: str) -> Address | None:
    """The address in an answer: the text itself, or `ip` of a JSON object, as echoip has it."""
    text = body.strip()
    if text.startswith("{"):
        with contextlib.suppress(ValueError):
            found = json.loads(text)
            text = str(found.get("ip", "")) if isinstance(found, dict) else ""
    return parse_address(text)
