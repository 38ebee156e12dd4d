"""Sending notices for real: a webhook, ntfy and mail on this machine, and what is said when that fails."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from wizard.net.messengers import read_messenger, send_message


@dataclass
class Receiving:
    """A server that notes what comes and answers with `status`."""

    port: int = 0
    status: int = 200
    came: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def http() -> Iterator[Receiving]:
    """An HTTP server that takes JSON."""
    receiving = Receiving()

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiving.came.append({"path": self.path, **json.loads(body)})
            self.send_response(receiving.status)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    yield from _serving(HTTPServer(("127.0.0.1", 0), Asked), receiving)


@pytest.fixture
def smtp() -> Iterator[Receiving]:
    """A mail server as far as a sender needs one (RFC 5321)."""
    receiving = Receiving()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().strip().upper():
                if line == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    receiving.came.append({"text": b"".join(lines).decode()})
                self.wfile.write(b"221 bye\r\n" if line == b"QUIT" else b"250 fine\r\n")
                if line == b"QUIT":
                    return

    yield from _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk), receiving)


def _serving(server: socketserver.TCPServer, receiving: Receiving) -> Iterator[Receiving]:
    receiving.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield receiving
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_webhook_gets_the_message_as_json(http: Receiving) -> None:
    assert send_message(f"json://127.0.0.1:{http.port}/hook", "It is down", "Start it") == ""
    (came,) = http.came
    assert (came["path"], came["title"], came["message"]) == ("/hook", "It is down", "Start it")


def test_a_plain_address_is_a_webhook(http: Receiving) -> None:
    messenger = read_messenger(f" http://127.0.0.1:{http.port}/hook \n")
    assert messenger is not None
    assert messenger.shown == "Webhook, 127.0.0.1"
    assert send_message(messenger.url, "t", "b") == ""
    assert http.came[0]["path"] == "/hook"


def test_ntfy_gets_topic_title_and_message(http: Receiving) -> None:
    assert send_message(f"ntfy://127.0.0.1:{http.port}/porthole", "It is down", "Start it") == ""
    (came,) = http.came
    assert (came["topic"], came["title"], came["message"]) == ("porthole", "It is down", "Start it")


def test_mail_arrives(smtp: Receiving) -> None:
    url = f"mailto://localhost:{smtp.port}?from=porthole@example.com&to=me@example.com"
    assert send_message(url, "It is down", "Start it") == ""
    assert "Subject: It is down" in smtp.came[0]["text"]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "It wants another user name, password or token (answer 401)"),
        (404, "There is nothing at this address (answer 404)"),
        (500, "It answered with 500 instead of taking the message"),
    ],
)
@pytest.mark.parametrize("kind", ["json", "ntfy"])
def test_a_refusal_is_told_with_what_was_answered(http: Receiving, kind: str, status: int, sentence: str) -> None:
    http.status = status
    assert send_message(f"{kind}://127.0.0.1:{http.port}/hook", "t", "b") == sentence


def test_nobody_there_is_told_without_the_address() -> None:
    said = send_message("json://me:hush-hush@127.0.0.1:1/hook", "t", "b")
    assert said == "Nothing answers there, or not in time"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://ntfy.sh/my-topic", "ntfy"),
        ("ntfys://ntfy.example.com/my-topic", "ntfy, ntfy.example.com"),
        ("ntfy://my-topic", "ntfy"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "Telegram"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord"),
        ("mailtos://u:hush@mail.example.com", "E-Mail, mail.example.com"),
        ("https://hooks.example.com/secret/path", "Webhook, hooks.example.com"),
    ],
)
def test_what_is_shown_of_an_address_holds_no_secret(typed: str, shown: str) -> None:
    messenger = read_messenger(typed)
    assert messenger is not None
    assert messenger.shown == shown


@pytest.mark.parametrize("typed", ["", "porthole", "bogus://x", "file:///etc/passwd", "syslog://", "https://"])
def test_what_no_service_is_known_for_is_refused(typed: str) -> None:
    assert read_messenger(typed) is None
