"""What the stand-in Plex saw: one frozen record for each request, raw headers included.

Must not know how requests are answered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from tests.fakes.plex_rules import Access, AddressRule, Judgement, LocalityRule
from tests.fakes.wire import Headers, Request


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request as it arrived, and what Plex made of it."""

    number: int  # counts from 1 and goes on after forget()
    at: datetime  # aware, UTC
    method: str
    target: str  # path and query as sent
    path: str  # percent-decoded, without the query
    query: Headers
    headers: Headers  # in order, duplicates and letter case kept
    body: bytes
    peer_address: str
    peer_port: int
    is_tls: bool
    server_name: str | None  # SNI
    client_address: str
    address_rule: AddressRule
    is_local: bool
    locality_rule: LocalityRule
    access: Access
    status: int | None  # None: the connection was closed or kept waiting without an answer

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header, whatever its letter case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def value(self, name: str) -> str | None:
        """The first value of a header; None when it did not arrive, "" when it arrived empty."""
        return next(iter(self.values(name)), None)

    def to_json(self) -> dict[str, Any]:
        """For the control endpoint."""
        return asdict(self) | {"at": self.at.isoformat(), "body": self.body.decode("latin-1")}


class SeenLog:
    """The records in order of arrival, safe to read from any thread."""

    def __init__(self) -> None:
        self._records: list[SeenRequest] = []
        self._frames: list[str | bytes] = []
        self._last = 0
        self._arrived = threading.Condition()

    def add(self, request: Request, judgement: Judgement, access: Access, status: int | None) -> None:
        """Keep a record of a request and wake whoever waits for it."""
        with self._arrived:
            self._last += 1
            record = SeenRequest(
                number=self._last,
                at=datetime.now(UTC),
                method=request.method,
                target=request.target,
                path=request.path,
                query=request.query,
                headers=request.headers,
                body=request.body,
                peer_address=request.peer[0],
                peer_port=request.peer[1],
                is_tls=request.is_tls,
                server_name=request.server_name,
                client_address=judgement.address,
                address_rule=judgement.address_rule,
                is_local=judgement.is_local,
                locality_rule=judgement.locality_rule,
                access=access,
                status=status,
            )
            self._records.append(record)
            self._arrived.notify_all()

    def add_frame(self, frame: str | bytes) -> None:
        """Keep a WebSocket message that a client sent."""
        with self._arrived:
            self._frames.append(frame)
            self._arrived.notify_all()

    @property
    def records(self) -> tuple[SeenRequest, ...]:
        """Everything seen since the last forget()."""
        with self._arrived:
            return tuple(self._records)

    @property
    def frames(self) -> tuple[str | bytes, ...]:
        """WebSocket messages received since the last forget()."""
        with self._arrived:
            return tuple(self._frames)

    def forget(self) -> None:
        """Drop what was seen so far."""
        with self._arrived:
            self._records.clear()
            self._frames.clear()

    def wait_for(self, is_wanted: Callable[[SeenRequest], bool], timeout_seconds: float = 10) -> SeenRequest:
        """The first record that is wanted, waiting for it. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: any(map(is_wanted, self._records)), timeout_seconds):
                raise TimeoutError(f"no such request among {[one.target for one in self._records]}")
            return next(filter(is_wanted, self._records))

    def wait_for_frame(self, timeout_seconds: float = 10) -> str | bytes:
        """The first WebSocket message, waiting for it. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: bool(self._frames), timeout_seconds):
                raise TimeoutError("no WebSocket message arrived")
            return self._frames[0]
