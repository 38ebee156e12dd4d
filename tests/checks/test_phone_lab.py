"""A phone's visit through a real Caddy behind another hop: TLS ends there, and it names the viewer or does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
import requests
from websockets.sync.client import connect

from tests.caddy_process import free_port
from tests.checks.lab import Lab
from tests.web.visiting import AGENT, HOME, codes, given_home, given_link, the_visit
from wizard.core.hosts import Listener, ProxyHost
from wizard.core.visits import Live
from wizard.store import hosts

PHONE = "203.0.113.9"
SECONDS = 15


@dataclass
class BehindHop:
    """What the hop before Caddy sends for a phone. It speaks plain HTTP to Caddy, as a tunnel's end does."""

    lab: Lab
    host: ProxyHost
    http: requests.Session
    port: int

    def ask(self, method: str, path: str, **more: object) -> requests.Response:
        """One request as the hop passes it on."""
        url = f"http://127.0.0.1:{self.port}{path}"
        return self.http.request(method, url, timeout=SECONDS, allow_redirects=False, **more)  # type: ignore[arg-type]  # whatever requests takes

    def start(self) -> str:
        """Open a new link and press Start; where the page goes on."""
        link = given_link(self.lab.system.place, self.host)
        assert self.ask("GET", link).status_code == 200
        answer = self.ask("POST", link, data={"script": "1"})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def beat(self, where: str) -> None:
        """A live connection that answers twice and is left."""
        sent = {name: str(value) for name, value in self.http.headers.items() if name.startswith(("X-", "CF-"))}
        url = f"ws://{self.host.domain}:{self.port}{where}/ws"
        with connect(
            url, address=("127.0.0.1", self.port), additional_headers=sent, proxy=None, open_timeout=SECONDS
        ) as socket:
            for number in ("1", "2"):
                socket.send("beat")
                assert socket.recv(timeout=SECONDS) == number

    def tell(self, where: str, **news: object) -> None:
        """What the page says."""
        assert self.ask("POST", f"{where}/told", json=news).status_code == 204

    def found(self) -> list[str]:
        """The findings with their levels."""
        return codes(self.lab.system.place, self.host)


@pytest.fixture
def behind(lab: Lab) -> Iterator[BehindHop]:
    """Caddy on a listener without TLS that believes one hop, for a proxy host whose way in is a tunnel."""
    listener = Listener("tunnel", "127.0.0.1", free_port(), tls=False, trusted=("127.0.0.1/32",))
    listener = replace(listener, client_ip_headers=("CF-Connecting-IP", "X-Forwarded-For"))
    saved = lab.host("films.example.com", key="phones", method="cloudflare")
    hosts.save_host(lab.system.place.database, saved)
    given_home(lab.system.place, saved, HOME)
    lab.serve(lab.host(), replace(saved, listener=listener))
    with requests.Session() as http:
        http.trust_env = False
        http.headers.update({"Host": "films.example.com", "User-Agent": AGENT, "CF-Connecting-IP": PHONE})
        yield BehindHop(lab, saved, http, listener.port)
    hosts.remove_host(lab.system.place.database, saved.key)


def test_a_visit_works_where_tls_ended_before_caddy(behind: BehindHop) -> None:
    where = behind.start()
    down = behind.ask("GET", f"{where}/down")
    assert len(down.content) == 20_000_000
    assert behind.ask("POST", f"{where}/up", data=bytes(1_500_000)).status_code == 204
    behind.beat(where)
    behind.tell(where, down=[20_000_000, 4.0], live="cut", over=True)
    assert behind.found() == [
        "phone-works ok",
        "phone-address-arrives ok",
        "phone-certificate-trusted ok",
        "phone-fast-enough ok",
        "phone-websocket-cut failure",
    ]
    seen = the_visit(behind.lab.system.place, behind.host).seen
    assert seen.arrived is not None
    assert (seen.arrived.forwarded, seen.arrived.peer, seen.arrived.scheme) == (PHONE, "127.0.0.1", "https")
    assert seen.live == replace(seen.live or Live(), beats=2)
    assert seen.up is not None
    assert seen.up.bytes == 1_500_000


def test_a_hop_that_does_not_name_the_viewer_is_found(behind: BehindHop) -> None:
    del behind.http.headers["CF-Connecting-IP"]
    behind.tell(behind.start(), live="refused", over=True)
    assert behind.found()[:2] == ["phone-place-unknown unknown", "phone-address-private failure"]


def test_a_viewer_cannot_forge_who_connected_to_caddy(behind: BehindHop) -> None:
    behind.http.headers["X-Porthole-Peer"] = "198.51.100.99"
    behind.start()
    seen = the_visit(behind.lab.system.place, behind.host).seen
    assert seen.arrived is not None
    assert seen.arrived.peer == "127.0.0.1"


def test_a_hop_that_says_http_is_found(behind: BehindHop) -> None:
    behind.http.headers["X-Forwarded-Proto"] = "http"
    behind.tell(behind.start(), live="refused", over=True)
    assert behind.found()[2] == "phone-not-encrypted warning"


def test_no_trace_of_a_visit_stands_in_the_log_of_the_web_server(behind: BehindHop) -> None:
    where = behind.start()
    behind.beat(where)
    assert "Traceback" not in behind.lab.system.parts["web"].log
