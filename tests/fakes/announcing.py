"""Media servers that are found: GDM, Jellyfin's and Emby's question, UPnP, Docker's socket. As facts/ tells them.

GDM: facts/plex.md 4.1. UPnP: 4.2. UDP 7359: facts/jellyfin-emby.md 1 Transport, 2 Discovery. What answers over HTTP
says who it is, and nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fakes.http_pages import Answer, HttpPages, send_text
from tests.fakes.udp import UdpServer

PLEX_ID = "0123456789abcdef0123456789abcdef01234567"
JELLYFIN_ID = "4f1c1f3e00004000800000000000001a"
EMBY_ID = "9b1c1f3e00004000800000000000002b"


def plex_pages(identifier: str = PLEX_ID, *, version: str = "1.43.2.10687-563d026ea") -> Answer:
    """`/identity` without a token, and nothing else."""

    def answer(asked: BaseHTTPRequestHandler) -> None:
        if asked.path != "/identity":
            return send_text(asked, 401, "<html><title>Unauthorized</title></html>", "text/html")
        told = {"size": 0, "claimed": True, "machineIdentifier": identifier, "version": version}
        return send_text(asked, 200, json.dumps({"MediaContainer": told}), "application/json")

    return answer


def jellyfin_pages(identifier: str = JELLYFIN_ID, name: str = "Nas") -> Answer:
    """`/System/Info/Public` as Jellyfin 10.11 tells it."""
    told = {
        "LocalAddress": "http://192.168.1.20:8096",
        "ServerName": name,
        "Version": "10.11.11",
        "ProductName": "Jellyfin Server",
        "OperatingSystem": "",
        "Id": identifier,
        "StartupWizardCompleted": True,
    }
    return _info(told)


def emby_pages(identifier: str = EMBY_ID, name: str = "Attic") -> Answer:
    """The same of Emby 4.8: without ProductName, with LocalAddresses."""
    told = {
        "LocalAddress": "http://192.168.1.21:8096",
        "LocalAddresses": ["http://192.168.1.21:8096"],
        "WanAddress": "http://203.0.113.9:8096",
        "RemoteAddresses": [],
        "ServerName": name,
        "Version": "4.8.11.0",
        "Id": identifier,
    }
    return _info(told)


def _info(told: dict[str, Any]) -> Answer:
    def answer(asked: BaseHTTPRequestHandler) -> None:
        if asked.path.lower() == "/system/info/public":
            return send_text(asked, 200, json.dumps(told), "application/json")
        return send_text(asked, 404, "", "text/plain")

    return answer


def gdm_answer(name: str, port: int, identifier: str = PLEX_ID) -> bytes:
    """What Plex answers to GDM's question."""
    lines = (
        "HTTP/1.0 200 OK",
        "Content-Type: plex/media-server",
        f"Host: {identifier[:32]}.plex.direct",
        f"Name: {name}",
        f"Port: {port}",
        f"Resource-Identifier: {identifier}",
        "Updated-At: 1764115200",
        "Version: 1.43.2.10687-563d026ea",
    )
    return "\r\n".join((*lines, "", "")).encode()


def announce_plex(name: str, port: int, *, group: str = "", host: str = "127.0.0.1", at: int = 0) -> UdpServer:
    """Plex's GDM: answers its question, and no other text."""

    def answer(packet: bytes, _sender: tuple[str, int]) -> bytes | None:
        return gdm_answer(name, port) if packet.startswith(b"M-SEARCH * HTTP/1.0") else None

    return UdpServer(answer, host=host, port=at, group=group)


def announce_hello(
    address: str, name: str = "Nas", *, emby: bool = False, host: str = "127.0.0.1", at: int = 0
) -> UdpServer:
    """UDP 7359 of one server: it answers the question for its own kind only, in any case, anywhere in the text."""
    wanted = b"who is embyserver?" if emby else b"who is jellyfinserver?"
    told: dict[str, Any] = {"Address": address, "Id": EMBY_ID if emby else JELLYFIN_ID, "Name": name}
    if not emby:
        told["EndpointAddress"] = None

    def answer(packet: bytes, _sender: tuple[str, int]) -> bytes | None:
        return json.dumps(told).encode() if wanted in packet.lower() else None

    return UdpServer(answer, host=host, port=at)


def announce_upnp(location: str, *, host: str = "127.0.0.1", at: int = 0, group: str = "") -> UdpServer:
    """A UPnP media server: answers a search for media servers with where its description lies."""

    def answer(packet: bytes, _sender: tuple[str, int]) -> bytes | None:
        if b"urn:schemas-upnp-org:device:MediaServer:1" not in packet:
            return None
        lines = ("HTTP/1.1 200 OK", "ST: urn:schemas-upnp-org:device:MediaServer:1", f"LOCATION: {location}")
        return "\r\n".join((*lines, "", "")).encode()

    return UdpServer(answer, host=host, port=at, group=group)


class Docker:
    """Docker's socket with these containers; writes down every request line. A context manager."""

    def __init__(self, path: Path, containers: object) -> None:
        self.path, self.asked = path, list[str]()
        fake, body = self, json.dumps(containers).encode()

        class Reply(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                fake.asked.append(self.rfile.readline().decode().strip())
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                self.wfile.write(head.encode() + body)

        self._server = socketserver.ThreadingUnixStreamServer(str(path), Reply)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class Silent:
    """A port that never answers a connection, at every loopback address: its queue is full. A context manager."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("0.0.0.0", 0))
        self._socket.listen(0)
        self.port: int = self._socket.getsockname()[1]
        self._inside: list[socket.socket] = []

    def __enter__(self) -> Self:
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", self.port))
            self._inside.append(sock)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sock in (*self._inside, self._socket):
            sock.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Be one server on a network: its pages and its announcement, at the real ports, until it is ended."""
    parser = argparse.ArgumentParser(prog="tests.fakes.announcing")
    parser.add_argument("--kind", choices=("plex", "jellyfin", "emby"), required=True)
    parser.add_argument("--host", required=True)
    parser.add_argument("--name", default="Attic")
    typed = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        if typed.kind == "plex":
            stack.enter_context(HttpPages(plex_pages(), host=typed.host, port=32400))
            stack.enter_context(announce_plex(typed.name, 32400, group="239.0.0.250", host=typed.host, at=32414))
        else:
            is_emby = typed.kind == "emby"
            pages = emby_pages(name=typed.name) if is_emby else jellyfin_pages(name=typed.name)
            stack.enter_context(HttpPages(pages, host=typed.host, port=8096))
            address = f"http://{typed.host}:8096"
            # bound to every address, because a broadcast is sent to none of its own
            stack.enter_context(announce_hello(address, typed.name, emby=is_emby, host="", at=7359))
        print(json.dumps({"kind": typed.kind, "host": typed.host}), flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
