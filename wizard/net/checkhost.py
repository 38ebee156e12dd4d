"""check-host.net: a question as one HTTP check, and its results as answers.

It tells neither the body nor the certificate, so its answers never prove whose server was reached.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from wizard.core.addresses import parse_address
from wizard.core.outside import PROBES, Answer, Miss, Place, Question, Side, State, Unasked, miss_of
from wizard.net.apis import Api, Reply
from wizard.net.polling import Looked, Pace, poll

PATH = "/check-http"
_ID = re.compile(r"[A-Za-z0-9]{1,40}")
_MAX_TEXT = 200


def request_of(question: Question) -> dict[str, str]:
    """The whole query: all that check-host is told."""
    return {"host": question.url, "max_nodes": str(PROBES)}


def look(api: Api, question: Question, pace: Pace) -> Looked:
    """One check from several nodes, over the IP version that each node chooses."""
    reply = api.ask("GET", PATH, query=request_of(question))
    identifier = _id_of(reply)
    if not identifier:
        return Looked(unasked=(api.unasked(reply),))
    nodes: dict[str, Any] = reply.document["nodes"]
    polled = poll(api, f"/check-result/{identifier}", lambda document: _is_done(nodes, document), pace)
    unasked: tuple[Unasked, ...] = () if polled.trouble is None else (api.unasked(polled.trouble),)
    results: dict[str, Any] = polled.document or {}
    answers = tuple(_answer(_place(node), results.get(name)) for name, node in list(nodes.items())[: 2 * PROBES])
    return Looked(answers, unasked, (f"{api.url}/check-report/{identifier}",))


def _id_of(reply: Reply) -> str:
    if (
        reply.status != 200
        or not isinstance(reply.document, dict)
        or not isinstance(reply.document.get("nodes"), dict)
    ):
        return ""
    found = reply.document.get("request_id")
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _is_done(nodes: dict[str, Any], results: dict[str, Any]) -> bool:
    return all(results.get(name) is not None for name in nodes)


def _place(node: object) -> Place:
    """`[country code, country, city, address, network]`."""
    parts = [_line(part) for part in node] if isinstance(node, list) else []
    parts += [""] * 5
    return Place(parts[2], parts[0].upper(), parts[4])


def _answer(place: Place, result: object) -> Answer:
    """`[[1 or 0, seconds, message, code or null, address or null]]`; null while it is pending.

    The first field is 0 for an HTTP error, too, so the code decides whether an answer came.
    """
    row = result[0] if isinstance(result, list) and result else None
    if not isinstance(row, list):
        return Answer(place, State.PENDING)
    _, seconds, message, code, address = [*row, None, None, None, None, None][:5]
    parsed = parse_address(_line(address))
    heard = Answer(
        place,
        State.FINISHED,
        parsed.version if parsed else 0,
        address=str(parsed or ""),
        status=_status(code),
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
    )
    if heard.status:
        return heard
    said = _line(message)
    # it does not say whose fault it was, so only words that can mean the host alone count as the host's
    side = None if miss_of(said) in {Miss.OTHER, Miss.NO_NETWORK} else Side.TARGET
    return replace(heard, state=State.FAILED, side=side, said=said)


def _status(code: object) -> int:
    text = str(code)
    return int(text) if re.fullmatch(r"[1-5]\d\d", text) else 0


def _line(text: object) -> str:
    """A foreign text as one short printable line; empty for anything else."""
    return "".join(c for c in text if c.isprintable())[:_MAX_TEXT] if isinstance(text, str) else ""
