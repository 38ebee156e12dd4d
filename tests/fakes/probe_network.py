"""Stand-ins for Globalping and check-host.net: their documented requests and replies, field by field.

They refuse what the real ones refuse. Results are scripted by the test. Must not know who asks.
"""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from tests.fakes.listening import Listener, open_stream
from tests.fakes.wire import Answer, Request, read_request, write_answer

Json = dict[str, Any]

PLEX_ID = "1f0a6c3be4d24c6f9a51c1a3c1f0de7766b1c2d3"
PLEX_BODY = json.dumps({"MediaContainer": {"machineIdentifier": PLEX_ID, "version": "1.43.2.1-abc", "claimed": True}})
BERLIN, PARIS, NEW_YORK = ("Berlin", "DE", "EU"), ("Paris", "FR", "EU"), ("New York", "US", "NA")
PLACES = (BERLIN, PARIS, NEW_YORK)
_FAMILIES = {4: "203.0.113.7", 6: "2001:db8::7"}


def probe(place: tuple[str, str, str]) -> Json:
    """One probe, with every field that Globalping describes."""
    city, country, continent = place
    return {
        "continent": continent,
        "region": "Western Europe",
        "country": country,
        "state": None,
        "city": city,
        "asn": 64496,
        "network": f"{city} Networks",
        "latitude": 52.5,
        "longitude": 13.4,
        "tags": ["datacenter-network"],
        "resolvers": ["private"],
    }


def tls(*, authorized: bool = True, error: str = "") -> Json:
    """A certificate as a Globalping probe describes it."""
    return {
        "authorized": authorized,
        **({"error": error} if error else {}),
        "protocol": "TLSv1.3",
        "cipherName": "TLS_AES_128_GCM_SHA256",
        "createdAt": "2026-10-01T00:00:00.000Z",
        "expiresAt": "2026-12-30T00:00:00.000Z",
        "subject": {"CN": "plex.example.com", "alt": "DNS:plex.example.com"},
        "issuer": {"C": "US", "O": "Let's Encrypt", "CN": "E7"},
        "keyType": "EC",
        "keyBits": 256,
        "serialNumber": "06:5B",
        "fingerprint256": "AB:CD",
        "publicKey": "04:05",
    }


def finished(
    place: tuple[str, str, str] = BERLIN,
    body: str | None = PLEX_BODY,
    *,
    status: int = 200,
    address: str = _FAMILIES[4],
    certificate: Json | None = None,
    headers: Json | None = None,
    truncated: bool = False,
) -> Json:
    """A probe that got an answer."""
    result = {
        "status": "finished",
        "resolvedAddress": address,
        "headers": {"content-type": "application/json", "vary": ["Origin", "Accept"], **(headers or {})},
        "rawHeaders": "Content-Type: application/json",
        "rawBody": body,
        "rawOutput": f"HTTP/1.1 {status}\n\n{body}",
        "truncated": truncated,
        "statusCode": status,
        "statusCodeName": "OK",
        "timings": {"total": 123, "dns": 3, "tcp": 20, "tls": 50, "firstByte": 40, "download": 10},
        "tls": tls() if certificate is None else certificate,
    }
    return {"probe": probe(place), "result": result}


def failed(place: tuple[str, str, str] = BERLIN, said: str = "", source: str | None = "target") -> Json:
    """A probe that got none. `source` None leaves `failureSource` out, as older probes do."""
    result = {
        "status": "failed",
        **({"failureSource": source} if source else {}),
        "resolvedAddress": None,
        "headers": {},
        "rawHeaders": None,
        "rawBody": None,
        "rawOutput": said,
        "truncated": False,
        "statusCode": None,
        "statusCodeName": None,
        "timings": {"total": None, "dns": None, "tcp": None, "tls": None, "firstByte": None, "download": None},
        "tls": None,
    }
    return {"probe": probe(place), "result": result}


def unfinished(place: tuple[str, str, str] = BERLIN, status: str = "in-progress") -> Json:
    """A probe that is still at it, or that went `offline`."""
    return {"probe": probe(place), "result": {"status": status, "rawOutput": ""}}


def refusal(status: int, kind: str, message: str, headers: tuple[tuple[str, str], ...] = (), **more: Any) -> Answer:
    """An error in Globalping's form."""
    return reply(status, {"error": {"type": kind, "message": message, **more}}, headers)


def rate_limited(retry_after: str = "1200") -> Answer:
    """429 as Globalping sends it."""
    headers = (
        ("Retry-After", retry_after),
        ("X-RateLimit-Limit", "250"),
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset", "1200"),
    )
    named = tuple((name, value) for name, value in headers if value)
    return refusal(429, "rate_limit_exceeded", "API rate limit exceeded.", named)


def no_probes() -> Answer:
    """422 as Globalping sends it."""
    return refusal(422, "no_probes_found", "No suitable probes found.")


def reply(status: int, document: Any, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A document as JSON."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, (("Content-Type", "application/json; charset=utf-8"), *headers), body)


def _nothing(request: Request) -> Answer | None:
    return None


def always(answer: Answer) -> Callable[[Request], Answer | None]:
    """One answer to everything."""

    def instead(request: Request) -> Answer | None:
        return answer

    return instead


class _Stand:
    """An HTTP server on loopback that keeps what it was asked. A context manager."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.instead: Callable[[Request], Answer | None] = _nothing
        self._listener = Listener(self._talk)

    def __enter__(self) -> Self:
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.port}"

    def answer(self, request: Request) -> Answer:
        """What it says when nothing else is said `instead`."""
        raise NotImplementedError

    async def _talk(self, accepted: socket.socket) -> None:
        self.connections += 1
        stream = await open_stream(accepted)
        try:
            while request := await read_request(stream):
                self.requests.append(request)
                said = self.instead(request) or self.answer(request)
                if not await write_answer(stream, request, _zipped(request, said)):
                    break
        finally:
            await stream.close()


def _zipped(request: Request, answer: Answer) -> Answer:
    if (
        "gzip" not in (request.value("Accept-Encoding") or "")
        or not isinstance(answer.body, bytes)
        or not answer.body
    ):
        return answer
    return replace(answer, headers=(*answer.headers, ("Content-Encoding", "gzip")), body=gzip.compress(answer.body))


class FakeGlobalping(_Stand):
    """Measurements whose results a test scripts by IP version. A result is done after `polls` questions."""

    def __init__(self, *, v4: list[Json] | None = None, v6: list[Json] | None = None, polls: int = 1) -> None:
        super().__init__()
        everywhere = [finished(place) for place in PLACES]
        over_six = [finished(place, address=_FAMILIES[6]) for place in PLACES]
        self.results = {4: everywhere if v4 is None else v4, 6: over_six if v6 is None else v6}
        self.polls = polls
        self._measurements: dict[str, Json] = {}
        self._asked: dict[str, int] = {}

    def answer(self, request: Request) -> Answer:
        if request.method == "POST" and request.target == "/v1/measurements":
            return self._create(request)
        identifier = request.target.removeprefix("/v1/measurements/")
        if request.method == "GET" and identifier in self._measurements:
            return self._read(request, identifier)
        return refusal(404, "not_found", "Couldn't find the requested item.")

    def _create(self, request: Request) -> Answer:
        asked = json.loads(request.body)
        if wrong := _wrong_in(asked):
            return refusal(400, "validation_error", "Parameter validation failed.", params=wrong)
        identifier = f"PY5fMsREMmIq45V{len(self._measurements)}"
        self._measurements[identifier] = asked
        rows = self.results[asked["measurementOptions"].get("ipVersion", 4)]
        location = f"https://api.globalping.io/v1/measurements/{identifier}"
        limits = (("X-RateLimit-Limit", "250"), ("X-RateLimit-Remaining", "247"), ("X-RateLimit-Reset", "3600"))
        return reply(202, {"id": identifier, "probesCount": len(rows)}, (("Location", location), *limits))

    def _read(self, request: Request, identifier: str) -> Answer:
        asked = self._measurements[identifier]
        count = self._asked[identifier] = self._asked.get(identifier, 0) + 1
        rows = self.results[asked["measurementOptions"].get("ipVersion", 4)]
        is_done = count >= self.polls
        etag = f'W/"{identifier}-{is_done}"'
        if request.value("If-None-Match") == etag:
            return Answer(304, (("ETag", etag),))
        shown = rows if is_done else [{"probe": row["probe"], "result": unfinished()["result"]} for row in rows]
        document = {
            "id": identifier,
            "type": asked["type"],
            "status": "finished" if is_done else "in-progress",
            "createdAt": "2026-11-22T10:00:00.000Z",
            "updatedAt": "2026-11-22T10:00:01.000Z",
            "target": asked["target"],
            "probesCount": len(rows),
            "locations": asked["locations"],
            "measurementOptions": asked["measurementOptions"],
            "results": shown,
        }
        return reply(200, document, (("ETag", etag),))


_FIELDS = {"type", "target", "limit", "locations", "measurementOptions", "inProgressUpdates", "timeout"}
_LOCATION = {"continent", "region", "country", "state", "city", "asn", "network", "tags", "magic", "limit"}
_OPTIONS = {"request", "resolver", "port", "protocol", "ipVersion"}
_REQUEST = {"host", "path", "query", "method", "headers"}


def _wrong_in(asked: Json) -> Json:
    """What Globalping's validation says of a measurement of type http."""
    options = asked.get("measurementOptions", {})
    sent = options.get("request", {})
    wrong = {name: f'"{name}" is not allowed' for name in (*_extra(asked, _FIELDS), *_extra(options, _OPTIONS))}
    wrong |= {name: f'"{name}" is not allowed' for name in _extra(sent, _REQUEST)}
    for place in asked.get("locations", []):
        wrong |= {name: f'"{name}" is not allowed' for name in _extra(place, _LOCATION)}
        if "limit" in place and "limit" in asked:
            wrong["limit"] = "limit per location is not allowed beside a global limit"
        if place.get("continent", "EU") not in {"AF", "AN", "AS", "EU", "NA", "OC", "SA"}:
            wrong["continent"] = '"continent" must be one of the codes'
    rules = {
        "type": asked.get("type") == "http",
        "target": "." in asked.get("target", "") and not asked["target"].endswith((".localhost", ".local")),
        "method": sent.get("method", "HEAD") in {"GET", "HEAD", "OPTIONS"},
        "protocol": options.get("protocol", "HTTPS") in {"HTTP", "HTTPS", "HTTP2"},
        "port": 0 <= options.get("port", 443) <= 65535,
        "ipVersion": options.get("ipVersion", 4) in {4, 6},
    }
    return wrong | {name: f'"{name}" is not as described' for name, is_right in rules.items() if not is_right}


def _extra(given: Json, known: set[str]) -> set[str]:
    return set(given) - known


def row(ok: int = 1, code: str | None = "200", said: str = "OK", address: str | None = _FAMILIES[4]) -> list[Any]:
    """One result of an HTTP check at check-host: 1 or 0, seconds, message, code, address."""
    return [[ok, 0.131124019622803, said, code, address]]


class FakeCheckHost(_Stand):
    """HTTP checks whose results a test scripts by node. Nodes are pending (null) before the `polls`-th question."""

    def __init__(self, results: dict[str, Any] | None = None, *, polls: int = 1) -> None:
        super().__init__()
        self.results = {"de1": row(), "fr2": row(), "us1": row()} if results is None else results
        self.polls = polls
        self._asked = 0

    def answer(self, request: Request) -> Answer:
        if (request.value("Accept") or "") != "application/json":
            return Answer(200, (("Content-Type", "text/html"),), b"<html>a page for people</html>")
        if request.path == "/check-http":
            return self._create(dict(request.query))
        if request.path == "/check-result/806df9":
            self._asked += 1
            is_done = self._asked >= self.polls
            first = next(iter(self.results))
            shown = {_node(name): found if is_done or name == first else None for name, found in self.results.items()}
            return reply(200, shown)
        return reply(404, {"error": "not found"})

    def _create(self, query: dict[str, str]) -> Answer:
        if not query.get("host") or set(query) - {"host", "max_nodes", "node"}:
            return reply(200, {"error": "host is required"})
        places = {
            "de1": ["de", "Germany", "Berlin"],
            "fr2": ["fr", "France", "Paris"],
            "us1": ["us", "USA", "Dallas"],
        }
        nodes = {_node(name): [*places[name], "198.51.100.9", "AS64497"] for name in self.results}
        link = "https://check-host.net/check-report/806df9"
        return reply(200, {"ok": 1, "request_id": "806df9", "permanent_link": link, "nodes": nodes})


def _node(name: str) -> str:
    return f"{name}.node.check-host.net"
