"""The stand-in Plex Media Server on a real socket: plain HTTP and TLS on one port, as Plex does it.

Knows connections; what is answered is decided in plex_pages, who somebody is in plex_rules.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes.authority import Authority, Leaf
from tests.fakes.listening import Listener, Stream, first_byte, open_stream, remember_server_name
from tests.fakes.plex_events import Events, Farewell, Notification, container
from tests.fakes.plex_pages import PlexPages
from tests.fakes.plex_rules import judge_access, judge_client
from tests.fakes.plex_seen import SeenLog, SeenRequest
from tests.fakes.plex_settings import Behaviour, PlexSettings, Preferences, PrefValue, Secure, surroundings
from tests.fakes.plex_streams import StreamSession
from tests.fakes.wire import Request, read_request, write_answer


class Plex:
    """One stand-in server; a context manager. Port 0 takes a free one, known as `port` after the start."""

    def __init__(
        self,
        settings: PlexSettings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        secure: Secure | None = None,
        certificate: Leaf | None = None,
        authority: Authority | None = None,
        state: Path | None = None,
    ) -> None:
        remembered = json.loads(state.read_text()) if state is not None and state.exists() else {}
        self._state = state
        self._log = SeenLog()
        settings = replace(settings or PlexSettings(), **remembered.get("settings", {}))
        preferences = Preferences(remembered.get("preferences"))
        if secure is not None:
            preferences.secure = secure
        self._pages = PlexPages(settings, preferences, Events(self._log))
        self._ca_pem: str = remembered.get("ca_pem", "")
        self.certificate = certificate or self._remembered_or_new(remembered.get("certificate"), authority)
        self._tls = remember_server_name(self.certificate.server_context())
        self._listener = Listener(self._talk, host=host, port=port, background=self._notify)
        self._changed = asyncio.Event()

    def _remembered_or_new(self, remembered: dict[str, str] | None, authority: Authority | None) -> Leaf:
        if remembered is not None and authority is None:
            return Leaf(**remembered)
        authority = authority or Authority.create()
        self._ca_pem = authority.certificate_pem
        return authority.issue(f"*.{self.plex_direct_domain}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Bind and serve; raises OSError when the port is taken."""
        self._listener.start()
        self._save()
        return self

    def stop(self) -> None:
        """Close everything. Raises RuntimeError when the stand-in itself failed meanwhile."""
        self._listener.stop()

    # what it is

    @property
    def port(self) -> int:
        """Where it listens, for HTTP and TLS alike."""
        return self._listener.port

    @property
    def url(self) -> str:
        """Base address over plain HTTP, without a slash at the end."""
        return f"http://{self._host()}:{self.port}"

    @property
    def https_url(self) -> str:
        """Base address over TLS, by IP: its certificate names only plex.direct, as with real servers."""
        return f"https://{self._host()}:{self.port}"

    @property
    def plex_direct_domain(self) -> str:
        """`<hash>.plex.direct`; the hash is not the machine identifier."""
        return f"{self.settings.certificate_hash}.plex.direct"

    @property
    def server_name(self) -> str:
        """A name the wildcard certificate matches: `127-0-0-1.<hash>.plex.direct`."""
        return f"{self._listener.host.replace('.', '-').replace(':', '-')}.{self.plex_direct_domain}"

    @property
    def ca_pem(self) -> str:
        """The authority behind the certificate; empty when the certificate was given from outside."""
        return self._ca_pem

    @property
    def machine_identifier(self) -> str:
        """As /identity tells it."""
        return self.settings.machine_identifier

    @property
    def token(self) -> str:
        """The owner's token."""
        return self.settings.token

    # what it is told

    @property
    def settings(self) -> PlexSettings:
        """The current settings."""
        return self._pages.settings

    def change(self, **changes: Any) -> None:
        """Replace settings while it runs, e.g. change(behaviour=Behaviour.SILENT). Raises TypeError for others."""
        if "behaviour" in changes:
            changes["behaviour"] = Behaviour(changes["behaviour"])
        for name in ("own_subnets", "interfaces"):
            if name in changes:
                changes[name] = tuple(changes[name])
        self._pages.settings = replace(self._pages.settings, **changes)
        self._listener.run_soon(self._changed.set)
        self._save()

    @property
    def preferences(self) -> Preferences:
        """The preferences; reading and setting by key works while it runs."""
        return self._pages.preferences

    def prefer(self, key: str, value: PrefValue) -> None:
        """Set a preference as if the owner had. Raises KeyError for a key Plex does not have."""
        self._pages.preferences[key] = value
        self._save()

    def notify(self, kind: str = "timeline", **entries: object) -> None:
        """Send a notification to every WebSocket and event stream, e.g. notify("reachability", …)."""
        self._listener.run_soon(self._pages.events.publish, container(kind, **entries))

    def hang_up(self, code: int | None = 1001) -> None:
        """Close every WebSocket with this code (None: cut off without a word) and end every event stream."""
        self._listener.run_soon(self._pages.events.hang_up, Farewell(code))

    def end_sessions(self) -> None:
        """Forget every stream in /status/sessions."""
        self._listener.run_soon(self._pages.sessions.clear)

    # what it saw

    @property
    def seen(self) -> tuple[SeenRequest, ...]:
        """Every request since the last forget(), in order. A request is here before its answer goes out."""
        return self._log.records

    @property
    def frames(self) -> tuple[str | bytes, ...]:
        """WebSocket messages clients sent since the last forget()."""
        return self._log.frames

    @property
    def listeners(self) -> int:
        """Open WebSockets and event streams."""
        return self._pages.events.listeners

    @property
    def sessions(self) -> tuple[StreamSession, ...]:
        """The streams /status/sessions would list now."""
        return self._pages.sessions.active(self.settings.linger_seconds)

    def forget(self) -> None:
        """Empty `seen` and `frames`."""
        self._log.forget()

    def wait_for(self, is_wanted: Callable[[SeenRequest], bool], timeout_seconds: float = 10) -> SeenRequest:
        """The first request that is wanted, waiting for it. Raises TimeoutError."""
        return self._log.wait_for(is_wanted, timeout_seconds)

    def wait_for_frame(self, timeout_seconds: float = 10) -> str | bytes:
        """The first WebSocket message from a client, waiting for it. Raises TimeoutError."""
        return self._log.wait_for_frame(timeout_seconds)

    # connections

    async def _talk(self, accepted: socket.socket) -> None:
        if self.settings.behaviour is Behaviour.CLOSE:
            return
        is_tls = await first_byte(accepted) == b"\x16"
        if is_tls and self.preferences.secure is Secure.DISABLED:
            return
        stream = await open_stream(accepted, self._tls if is_tls else None)
        try:
            while (request := await read_request(stream)) is not None and await self._reply(stream, request):
                pass
            await stream.close()
        finally:
            stream.abort()

    async def _reply(self, stream: Stream, request: Request) -> bool:
        """Answer one request; true when another may follow on this connection."""
        if self.settings.behaviour is Behaviour.CLOSE:
            return False
        context = surroundings(self.settings, self.preferences)
        names = (request.value("Host"), request.value("Origin"), request.value("Referer"))
        forwarded_for = request.values("X-Forwarded-For")
        judgement = judge_client(stream.peer[0], forwarded_for, context, names=names)
        # A header that is there wins over the query, even an empty one (which of them wins is not confirmed; the
        # strict reading makes a proxy that blanks the header visible).
        token = request.argument("X-Plex-Token")
        access = judge_access(token, judgement, context, admin=self.settings.token, guest=self.settings.guest_token)
        if self.settings.behaviour is Behaviour.SILENT:
            self._log.add(request, judgement, access, None)
            return await self._keep_waiting(stream)
        if not stream.is_tls and self.preferences.secure is Secure.REQUIRED:
            # real servers make an unspecified exception for their own machine; the stand-in makes none
            self._log.add(request, judgement, access, None)
            return False
        answer = self._pages.answer(request, judgement, access)
        self._log.add(request, judgement, access, answer.status)
        if request.method == "PUT":
            self._save()
        keeps = await write_answer(stream, request, answer)
        if answer.status == 101:
            await self._pages.events.talk(stream)
            return False
        return keeps

    async def _keep_waiting(self, stream: Stream) -> bool:
        """Say nothing until the client gives up or the behaviour changes; the connection is lost either way."""
        while self.settings.behaviour is Behaviour.SILENT:
            try:
                async with asyncio.timeout(0.1):
                    if not await stream.reader.read(65536):
                        return False
            except TimeoutError:
                continue
        return False

    async def _notify(self) -> None:
        """Send a notification every `notify_seconds`, whatever that is at the time."""
        number = 0
        while True:
            seconds = self.settings.notify_seconds
            self._changed.clear()
            try:
                async with asyncio.timeout(seconds if seconds > 0 else None):
                    await self._changed.wait()
            except TimeoutError:
                number += 1
                entry: Notification = {"itemID": str(number), "type": 1, "state": 5, "title": "Test card"}
                self._pages.events.publish(container("timeline", TimelineEntry=[entry]))

    def _host(self) -> str:
        return f"[{self._listener.host}]" if ":" in self._listener.host else self._listener.host

    def _save(self) -> None:
        if self._state is None:
            return
        kept = ("name", "machine_identifier", "certificate_hash", "version", "token", "is_claimed", "has_plex_pass")
        settings = {key: value for key, value in asdict(self.settings).items() if key in kept}
        document = {
            "settings": settings,
            "preferences": self.preferences.as_dict(),
            "certificate": asdict(self.certificate),
            "ca_pem": self._ca_pem,
        }
        self._state.touch(mode=0o600)
        self._state.write_text(json.dumps(document, indent=1))
