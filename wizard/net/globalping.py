"""Globalping: a question as one measurement for each IP version, and its results as answers.

Fields as its published description of API version 1 names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from wizard.core.outside import PROBES, Answer, Place, Question, Shown, Side, State, Unasked, Why
from wizard.core.shapes import learn
from wizard.net.apis import Api, Reply
from wizard.net.exchange import HttpAnswer
from wizard.net.polling import Looked, Pace, Recognise, poll

PATH = "/v1/measurements"
_ELSEWHERE = ("EU", "NA", "OC")
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MAX_TEXT = 200


def request_of(question: Question, ip_version: int) -> dict[str, Any]:
    """The whole body of a measurement: all that Globalping is told."""
    elsewhere = [{"continent": continent, "limit": 1} for continent in _ELSEWHERE]
    home = [{"magic": question.home_country, "limit": 1}] if question.home_country else []
    return {
        "type": "http",
        "target": question.domain,
        "locations": [*home, *elsewhere][:PROBES],
        "measurementOptions": {
            "protocol": "HTTPS",
            "port": question.port,
            "ipVersion": ip_version,
            "request": {"method": "GET", "path": question.path},
        },
    }


class _Probe(msgspec.Struct):
    city: str | None = None
    country: str | None = None
    network: str | None = None


class _Tls(msgspec.Struct, rename="camel"):
    authorized: bool | None = None
    error: Any = None
    expires_at: str | None = None
    issuer: dict[str, Any] | None = None


class _Timings(msgspec.Struct):
    total: float | None = None


class _Result(msgspec.Struct, rename="camel"):
    status: str
    failure_source: str | None = None
    raw_output: str | None = None
    resolved_address: str | None = None
    status_code: int | None = None
    headers: dict[str, Any] | None = None
    raw_body: str | None = None
    truncated: bool | None = None
    timings: _Timings | None = None
    tls: _Tls | None = None


class _Row(msgspec.Struct):
    probe: _Probe
    result: _Result


learn(list[_Row])


def look(api: Api, question: Question, recognise: Recognise, pace: Pace) -> Looked:
    """Measure over every IP version of the question. All are started before the first is waited for."""
    started: list[tuple[int, str]] = []
    unasked: list[Unasked] = []
    for version in question.ip_versions:
        reply = api.ask("POST", PATH, document=request_of(question, version))
        if found := _id_of(reply):
            started.append((version, found))
            continue
        unasked.append(_not_started(api, reply, version if started else 0))
        if reply.status != 422:  # what ails the service ails the next question, too
            break
    looked = [
        _results(api, question, recognise, pace, measurement, ways=len(started) - number)
        for number, measurement in enumerate(started)
    ]
    return Looked(
        tuple(answer for one in looked for answer in one.answers),
        (*unasked, *(trouble for one in looked for trouble in one.unasked)),
        tuple(f"{api.url}{PATH}/{identifier}" for _, identifier in started),
    )


def _id_of(reply: Reply) -> str:
    found = reply.document.get("id") if reply.status == 202 and isinstance(reply.document, dict) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _not_started(api: Api, reply: Reply, ip_version: int) -> Unasked:
    unasked = api.unasked(reply, ip_version=ip_version)
    return replace(unasked, why=Why.NO_PROBES) if reply.status == 422 else unasked


def _results(
    api: Api, question: Question, recognise: Recognise, pace: Pace, measurement: tuple[int, str], *, ways: int
) -> Looked:
    version, identifier = measurement
    polled = poll(api, f"{PATH}/{identifier}", _is_done, pace, ways=ways)
    unasked = () if polled.trouble is None else (api.unasked(polled.trouble, ip_version=version),)
    if polled.document is None:
        return Looked(unasked=unasked)
    try:
        rows = msgspec.convert(polled.document.get("results"), list[_Row])
    except msgspec.ValidationError as error:
        return Looked(unasked=(*unasked, Unasked(api.host, Why.NOT_UNDERSTOOD, str(error)[:_MAX_TEXT], 0, version)))
    return Looked(tuple(_answer(question, row, version, recognise) for row in rows[: 2 * PROBES]), unasked)


def _is_done(document: dict[str, Any]) -> bool:
    return document.get("status") != "in-progress"


def _answer(question: Question, row: _Row, version: int, recognise: Recognise) -> Answer:
    result = row.result
    state = _STATES.get(result.status, State.PENDING)
    plain = Answer(
        Place(_line(row.probe.city), _line(row.probe.country), _line(row.probe.network)),
        state,
        version,
        next((side for side in Side if side.value == result.failure_source), None),
        address=_line(result.resolved_address),
        seconds=(result.timings.total or 0.0) / 1000 if result.timings else 0.0,
    )
    if state is not State.FINISHED:
        return replace(plain, said=_line((result.raw_output or "").strip().partition("\n")[0]))
    headers = tuple(_headers(result.headers or {}))
    heard = HttpAnswer(
        question.url,
        result.status_code or 0,
        headers,
        result.raw_body or "",
        bool(result.truncated),
        peer_address=plain.address,
        seconds=plain.seconds,
    )
    return replace(
        plain,
        status=heard.status,
        tls=_shown(result.tls),
        answerer=recognise(heard),
        is_truncated=heard.is_truncated,
        location=_line(heard.header("location").split("?", 1)[0]),
    )


_STATES = {"finished": State.FINISHED, "failed": State.FAILED, "offline": State.OFFLINE}


def _shown(tls: _Tls | None) -> Shown | None:
    if tls is None or tls.authorized is None:
        return None
    issuer = tls.issuer or {}
    return Shown(tls.authorized, _line(tls.error), _line(tls.expires_at), _line(issuer.get("O") or issuer.get("CN")))


def _headers(headers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Headers as pairs: one that came several times is a list."""
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)


def _line(text: object) -> str:
    """A foreign text as one short printable line; empty for anything else."""
    return "".join(c for c in text if c.isprintable())[:_MAX_TEXT] if isinstance(text, str) else ""
