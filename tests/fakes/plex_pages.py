"""What the stand-in Plex answers to which address, given who asks.

Must not know sockets: a request and a judgement go in, an answer comes out.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from tests.fakes import plex_markup
from tests.fakes.plex_events import Events, container, switching_headers
from tests.fakes.plex_markup import Element
from tests.fakes.plex_rules import Access, Judgement
from tests.fakes.plex_settings import Behaviour, PlexSettings, Preference, Preferences
from tests.fakes.plex_streams import PART_BYTES, StreamSessions, parse_range, read_part, session_element
from tests.fakes.wire import Answer, Headers, Request

WEBSOCKET_PATH = "/:/websockets/notifications"  # plural, as every real client spells it
EVENTS_PATH = "/:/eventsource/notifications"
SUBTITLE = b"1\n00:00:01,000 --> 00:00:04,000\nA line of subtitles.\n"

_HTML = "text/html;charset=utf-8"
_OPEN_PATHS = {"/identity", "/web", "/web/", "/web/index.html"}
# for the owner's token only; with which code others are turned away is not confirmed
_OWNER_PATHS = {"/:/prefs", "/:/prefs/get", "/status/sessions", "/myplex/account"}
_ROUTER_PAGE = (
    b"<!DOCTYPE html><html><head><title>FRITZ!Box</title></head>"
    b"<body><h1>FRITZ!Box</h1><form><input type=password name=uiPass></form></body></html>"
)


def router_answer() -> Answer:
    """What a home router's own page looks like: 200, HTML, and nothing of Plex."""
    return Answer(200, (("Content-Type", "text/html; charset=utf-8"), ("Server", "Webserver")), _ROUTER_PAGE)


@dataclass(slots=True)
class PlexPages:
    """The pages together with what they show."""

    settings: PlexSettings
    preferences: Preferences
    events: Events
    sessions: StreamSessions = field(default_factory=StreamSessions)

    def answer(self, request: Request, judgement: Judgement, access: Access) -> Answer:
        """The answer to one request."""
        match self.settings.behaviour:
            case Behaviour.ERROR_500:
                return _page(500, "500 Internal Server Error")
            case Behaviour.OTHER_THING:
                return router_answer()
        if request.path not in _OPEN_PATHS and access is Access.REFUSED:
            return _page(401, "401 Unauthorized")
        if request.path.split("/")[1] == "library":
            return self._library(request, judgement, access)
        return self._plain(request, access)

    def _plain(self, request: Request, access: Access) -> Answer:
        if access is Access.GUEST and request.path in _OWNER_PATHS:
            return _page(403, "403 Forbidden")
        if request.path in {"/:/prefs", WEBSOCKET_PATH, EVENTS_PATH, "/:/timeline"}:
            return self._controls(request)
        if request.path in {"/web", "/web/"}:
            return Answer(302, (("Location", "/web/index.html"),))
        if request.path == "/web/index.html":
            return _page(200, "Plex")
        trees: dict[str, Callable[[], Element]] = {
            "/": self._about,
            "/identity": self._identity,
            "/:/prefs/get": lambda: self._preferences(dict(request.query).get("id", "")),
            "/status/sessions": self._sessions,
            "/myplex/account": self._account,
        }
        if request.path in trees and request.method in {"GET", "HEAD"}:
            return _tree(request, trees[request.path]())
        return _page(404, "404 Not Found")

    def _controls(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/:/prefs":
                return _tree(request, self._preferences())
            case "PUT", "/:/prefs":
                return self._change_preferences(request)
            case "GET" | "POST", "/:/timeline":
                return self._timeline(request)
            case "GET", path if path == WEBSOCKET_PATH:
                return self._switch(request)
            case "GET", path if path == EVENTS_PATH:
                headers = (("Content-Type", "text/event-stream;charset=utf-8"), ("Cache-Control", "no-cache"))
                return Answer(200, headers, self.events.as_server_sent_events)
        return _page(404, "404 Not Found")

    def _library(self, request: Request, judgement: Judgement, access: Access) -> Answer:
        part = re.fullmatch(r"/library/parts/(\d+)/\d+/file\.\w+", request.path)
        if part is not None and int(part[1]) in PART_BYTES:
            return self._part(request, int(part[1]), judgement, access)
        if re.fullmatch(r"/library/streams/\d+(\.\w+)?", request.path):
            # the length stands there twice, as real servers were seen to send it
            size = str(len(SUBTITLE))
            headers = (("Content-Type", "text/plain"), ("Content-Length", size), ("Content-Length", size))
            return Answer(200, headers, SUBTITLE)
        if request.path in {"/library", "/library/", "/library/sections", "/library/sections/"}:
            return _tree(request, Element("MediaContainer", {"size": 0, "title1": "Plex Library"}))
        return _page(404, "404 Not Found")

    def _part(self, request: Request, part: int, judgement: Judgement, access: Access) -> Answer:
        size = PART_BYTES[part]
        try:
            asked = parse_range(request.value("Range"), size)
        except ValueError:
            return Answer(416, (("Content-Range", f"bytes */{size}"), ("Content-Type", "text/html")))
        start, stop = asked or (0, size)
        headers: Headers = (
            ("Content-Type", "video/x-matroska"),
            ("Accept-Ranges", "bytes"),
            ("Content-Length", str(stop - start)),
        )
        if asked is not None:
            headers = (*headers, ("Content-Range", f"bytes {start}-{stop - 1}/{size}"))

        async def body() -> AsyncGenerator[bytes, None]:
            user = "guest" if access is Access.GUEST else "owner"
            session = self.sessions.begin(request, part, judgement, user)
            if session is not None and session.readers == 1:
                self._announce(session.key, "playing")
            try:
                async for piece in read_part(part, start, stop):
                    yield piece
            finally:
                if session is not None:
                    self.sessions.pause_reading(session)

        return Answer(206 if asked is not None else 200, headers, body)

    def _switch(self, request: Request) -> Answer:
        headers = switching_headers(request)
        if self.settings.refuses_upgrades:
            return _page(403, "403 Forbidden")
        return Answer(101, headers) if headers is not None else _page(400, "400 Bad Request")

    def _timeline(self, request: Request) -> Answer:
        state = dict(request.query).get("state", "")
        client = request.argument("X-Plex-Client-Identifier") or ""
        session = self.sessions.set_state(request.argument("X-Plex-Session-Identifier") or client, state)
        if session is not None:
            self._announce(session.key, state)
        return _tree(request, Element("MediaContainer", {"size": 0}))

    def _announce(self, session_key: int, state: str) -> None:
        entry = {"sessionKey": str(session_key), "state": state, "viewOffset": 0}
        self.events.publish(container("playing", PlaySessionStateNotification=[entry]))

    def _change_preferences(self, request: Request) -> Answer:
        for key, text in request.query:
            if not key.startswith("X-Plex-"):
                self.preferences.put(key, text, has_plex_pass=self.settings.has_plex_pass)
        return Answer(200, (("Content-Type", "text/html"),))

    def _identity(self) -> Element:
        settings = self.settings
        return Element(
            "MediaContainer",
            {
                "size": 0,
                "claimed": settings.is_claimed,
                "machineIdentifier": settings.machine_identifier,
                "version": settings.version,
            },
        )

    def _about(self) -> Element:
        settings = self.settings
        sign_in = "ok" if settings.is_claimed else "none"
        return Element(
            "MediaContainer",
            {
                "size": 0,
                "certificate": True,
                "claimed": settings.is_claimed,
                "companionProxy": True,
                "eventStream": True,
                "friendlyName": settings.name,
                "machineIdentifier": settings.machine_identifier,
                "myPlex": settings.is_claimed,
                "myPlexMappingState": "mapped" if self.preferences["PublishServerOnPlexOnlineKey"] else "unknown",
                "myPlexSigninState": sign_in,
                "myPlexSubscription": settings.has_plex_pass,
                "platform": "Linux",
                "platformVersion": "6.1",
                "updatedAt": 1_700_000_000,
                "version": settings.version,
                "websocket": True,
            },
        )

    def _account(self) -> Element:
        settings = self.settings
        is_published = bool(self.preferences["PublishServerOnPlexOnlineKey"])
        return Element(
            "MyPlex",
            {
                "mappingState": "mapped" if is_published else "unknown",
                # behind CGNAT the mapped port is never reached from outside
                "mappingError": "unreachable" if is_published else "",
                "mappingErrorMessage": "",
                "signInState": "ok" if settings.is_claimed else "none",
                "publicAddress": settings.wan_address,
                "publicPort": int(self.preferences["ManualPortMappingPort"]),
                "privateAddress": "192.168.1.50",
                "privatePort": 32400,
                "subscriptionActive": settings.has_plex_pass,
                "subscriptionFeatures": "pass,session_bandwidth_restrictions" if settings.has_plex_pass else "",
                "subscriptionState": "Active" if settings.has_plex_pass else "Inactive",
                "username": "owner@home.example",
            },
        )

    def _preferences(self, only: str | None = None) -> Element:
        rows = tuple(
            Element(
                "Setting",
                {
                    "id": row.key, "label": row.label, "summary": "", "type": row.kind, "default": row.default,
                    "value": value, "hidden": row.is_hidden, "advanced": False, "group": row.group,
                    **({"enumValues": self._choices(row)} if row.enum_values else {}),
                },
            )
            for row, value in self.preferences.rows()
            if only is None or row.key == only
        )  # fmt: skip
        return Element("MediaContainer", {"size": len(rows)}, rows)

    def _choices(self, row: Preference) -> str:
        """A row's values; the network cards are named as real servers name them."""
        if row.key != "PreferredNetworkInterface":
            return row.enum_values
        cards = (f"eth{number}:eth{number} ({one})" for number, one in enumerate(self.settings.interfaces))
        return "|".join((row.enum_values, *cards))

    def _sessions(self) -> Element:
        active = self.sessions.active(self.settings.linger_seconds)
        children = tuple(session_element(one, self.settings) for one in active)
        return Element("MediaContainer", {"size": len(children)}, children)


def _tree(request: Request, root: Element) -> Answer:
    common: Headers = (("X-Plex-Protocol", "1.0"), ("Cache-Control", "no-cache"))
    if "application/json" in (request.value("Accept") or ""):
        return Answer(200, (("Content-Type", "application/json"), *common), plex_markup.to_json(root))
    return Answer(200, (("Content-Type", "text/xml;charset=utf-8"), *common), plex_markup.to_xml(root))


def _page(status: int, text: str) -> Answer:
    body = f"<html><head><title>{text}</title></head><body><h1>{text}</h1></body></html>"
    return Answer(status, (("Content-Type", _HTML), ("X-Plex-Protocol", "1.0")), body.encode())


def to_json_answer(value: object, status: int = 200) -> Answer:
    """Any value as a JSON answer, for the control endpoint."""
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode())
