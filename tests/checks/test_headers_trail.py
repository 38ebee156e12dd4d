"""The way of a viewer's address, hop by hop: as tables, and through a real Caddy with a hop in front."""

from __future__ import annotations

from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import msgspec
import pytest

from tests.checks import echo
from tests.checks.chain import Chain
from tests.checks.sets import MARK, NAME, codes, host, scene
from tests.checks.test_headers import GOOD, SUBJECT
from tests.fakes.authority import Leaf, issue_self_signed
from tests.fakes.hop import Fault as HopFault
from tests.fakes.hop import Hop
from tests.fakes.ports import free_port
from wizard.checks.headers import CHECK, Echoed, Seen, Subject
from wizard.checks.headers_seen import Endpoint
from wizard.checks.headers_sent import FORGED_ADDRESS
from wizard.checks.headers_trail import Station, Step, first_lost, trail_of
from wizard.core.checks import Echo, Scene
from wizard.core.hosts import Listener, ProxyHost, Upstream
from wizard.methods import METHODS
from wizard.net import Net

VIEWER = "198.51.100.7"


def seen(
    method: str = "direct",
    *,
    peer: str = VIEWER,
    client: str = "",
    value: str | None = None,
    arrived: str = FORGED_ADDRESS,
    media: str = "plex",
    forwards: bool = True,
    asked_from: str = "127.0.0.1",
    endpoint: Endpoint | None = None,
    cloudflare: str = "",
) -> Seen:
    """As asked from home, through the router, at a public address."""
    client = client or peer
    value = client if value is None else value
    told = {"X-Forwarded-For": value, "X-Real-Ip": value}
    told |= {"X-Porthole-Peer": peer, "X-Porthole-Client": client, "X-Porthole-Arrived": arrived}
    headers = tuple((GOOD | told | ({"CF-Connecting-IP": cloudflare} if cloudflare else {})).items())
    way = replace(SUBJECT, method=method, media=media, forward_client_ip=forwards).way
    echoed = Echoed(MARK, asked_from, "https", headers)
    return Seen(
        200, echoed=echoed, local_address="192.168.1.7", peer_address="203.0.113.9", way=way, endpoint=endpoint
    )


def steps(what: Seen) -> list[str]:
    return [station.step for station in trail_of(what)]


def tunnel(header: str = "") -> Seen:
    """As cloudflared leads on; Cloudflare itself added to the list of the viewer."""
    return seen(
        "cloudflare", peer="127.0.0.1", client=VIEWER, arrived=f"{FORGED_ADDRESS},{VIEWER}", cloudflare=header
    )


GATEWAY = "The hop with the address 172.17.0.1"
KEPT, LOST, AFTER, UNSEEN = Step.KEPT, Step.LOST, Step.AFTER, Step.UNSEEN


@pytest.mark.parametrize(
    ("what", "expected", "lost"),
    [
        (seen(), [KEPT, KEPT, KEPT, UNSEEN], ""),
        (seen(peer="172.17.0.1"), [KEPT, UNSEEN, LOST, AFTER, AFTER], GATEWAY),
        (seen(value=""), [KEPT, KEPT, LOST, AFTER], "Caddy"),
        (seen(value="10.0.0.1"), [KEPT, KEPT, LOST, AFTER], "Caddy"),
        (seen(client=FORGED_ADDRESS), [KEPT, KEPT, LOST, AFTER], "Caddy"),
        (seen(forwards=False, value=""), [KEPT, KEPT, LOST, AFTER], "Caddy"),
        (tunnel(VIEWER), [KEPT, KEPT, KEPT, KEPT, UNSEEN], ""),
        (tunnel(), [KEPT, KEPT, KEPT, KEPT, UNSEEN], ""),
        (seen("cloudflare", peer="127.0.0.1", arrived=""), [KEPT, UNSEEN, LOST, AFTER, AFTER], "cloudflared at home"),
        (seen("wireguard", asked_from="10.9.0.1"), [KEPT, KEPT, KEPT, UNSEEN], ""),
        (seen("tailscale"), [KEPT, KEPT, UNSEEN, UNSEEN], ""),  # Porthole beside Caddy: nothing went down the tunnel
        (seen("wireguard", peer="172.17.0.1"), [KEPT, LOST, AFTER, AFTER, AFTER], GATEWAY),
        (seen(media="jellyfin", endpoint=Endpoint(200, False)), [KEPT, KEPT, KEPT, KEPT], ""),
        (seen(media="jellyfin", endpoint=Endpoint(200, True)), [KEPT, KEPT, KEPT, LOST], "Jellyfin"),
        (seen(media="jellyfin", endpoint=Endpoint(401)), [KEPT, KEPT, KEPT, UNSEEN], ""),
        (seen(peer="192.168.1.7", media="emby", endpoint=Endpoint(200, True)), [KEPT, KEPT, KEPT, UNSEEN], ""),
    ],
)  # fmt: skip
def test_the_first_hop_that_loses_it_is_marked_and_no_other(what: Seen, expected: list[str], lost: str) -> None:
    assert steps(what) == expected
    found = first_lost(trail_of(what))
    assert (found.name if found else "") == lost
    assert steps(what).count(Step.LOST) == (1 if lost else 0)


def test_what_nobody_told_is_not_drawn() -> None:
    assert trail_of(Seen(404, way=SUBJECT.way)) == ()
    assert trail_of(replace(seen(), way=None)) == ()
    older = tuple(pair for pair in GOOD.items() if not pair[0].startswith("X-Porthole"))
    assert trail_of(replace(seen(), echoed=Echoed(MARK, "127.0.0.1", "https", older))) == ()


@pytest.mark.parametrize("method", METHODS)
def test_every_way_in_that_ends_at_caddy_has_a_trail_and_none_names_a_hop_twice(method: str) -> None:
    names = [station.name for station in trail_of(seen(method))]
    assert len(names) == len(set(names))
    assert bool(names) is any(hop.startswith("Caddy") for hop in METHODS[method].path)


def test_an_observation_from_a_report_draws_the_same_trail() -> None:
    what = tunnel(VIEWER)
    assert trail_of(msgspec.convert(msgspec.to_builtins(what), Seen)) == trail_of(what)


def test_what_plex_makes_of_it_is_never_claimed() -> None:
    assert "shows only while somebody watches" in trail_of(seen())[-1].note
    over_ipv6 = trail_of(seen(peer="2001:db8::7"))[-1]
    assert "seen to ignore IPv6" in over_ipv6.note
    assert "not known" in trail_of(seen("tailscale", asked_from="100.64.0.3"))[-1].note


@pytest.mark.parametrize(
    ("what", "media", "expected"),
    [
        (seen(peer="2001:db8::7"), "plex", ["headers-ipv6 warning"]),
        (replace(seen(), ipv6=("2001:db8::9",)), "plex", ["headers-ipv6 warning"]),
        (replace(seen(), ipv6=("2001:db8::9",)), "jellyfin", ["headers-ok ok"]),
        (seen(endpoint=Endpoint(200, True)), "jellyfin", ["headers-server-ignores failure"]),
        (seen(endpoint=Endpoint(200, True)), "emby", ["headers-server-ignores failure"]),
        (seen(endpoint=Endpoint(200, False)), "jellyfin", ["headers-ok ok"]),
        (seen(peer="192.168.1.7", endpoint=Endpoint(200, True)), "jellyfin", ["headers-ok ok"]),
    ],
)
def test_what_the_server_makes_of_it_is_judged(what: Seen, media: str, expected: list[str]) -> None:
    assert codes(CHECK.judge(replace(SUBJECT, media=media), what)) == expected


def test_a_viewer_over_ipv6_is_no_matter_where_nothing_is_forwarded() -> None:
    off = replace(SUBJECT, forward_client_ip=False)
    assert codes(CHECK.judge(off, replace(seen(value=""), ipv6=("2001:db8::9",)))) == ["headers-off warning"]


def test_a_plex_token_stays_where_it_is_and_jellyfins_goes_to_its_own_address() -> None:
    plex = CHECK.subject(scene(token="secret"))
    assert isinstance(plex, Subject)
    assert not plex.token
    assert not plex.endpoint_url
    jellyfin = Upstream("jellyfin", "http", "192.168.1.20", 8096, base_path="/films")
    subject = CHECK.subject(scene(host=host(upstream=jellyfin), token="secret"))
    assert isinstance(subject, Subject)
    assert subject.endpoint_url == f"https://{NAME}/films/System/Endpoint"
    assert "secret" not in repr(subject)


# through a real Caddy


def as_from_home(chain: Chain, behind: ProxyHost, hop: Hop, leaf: Leaf) -> list[str]:
    """Look for real through a tunnel; only our own end is told to be at home, behind a router."""
    edge = chain.caddy.edge(echo_dial=chain.echo.dial)
    echoes = (Echo(echo.PATH, chain.echo.mark),)
    subject = CHECK.subject(
        Scene(behind, edge, roots_pem=leaf.certificate_pem, echoes=echoes, token="jellyfin-token")
    )
    assert isinstance(subject, Subject)
    what = CHECK.observe(Net(), replace(subject, port=hop.port, method="cloudflare"))
    what = replace(what, local_address="192.168.1.7", peer_address="203.0.113.9")
    assert "jellyfin-token" not in repr(what)
    return codes(CHECK.judge(subject, what))


def trail(chain: Chain, scene: Any) -> list[Station]:
    result = chain.one(scene, "headers")
    return list(trail_of(msgspec.convert(result.observed, Seen)))


def test_a_real_caddy_tells_what_it_saw_and_the_media_server_gets_none_of_it(chain: Chain) -> None:
    stations = trail(chain, chain.scene(chain.host()))
    assert [station.step for station in stations] == [KEPT, KEPT, KEPT, UNSEEN]
    assert stations[2].saw == "127.0.0.1"
    chain.plex.forget()
    chain.run(chain.scene(chain.host()), "identity")
    assert chain.plex.seen
    assert "porthole-" not in repr([request.headers for request in chain.plex.seen]).lower()


def test_a_real_hop_that_hides_the_viewer_is_the_first_that_loses_it(chain: Chain) -> None:
    with Hop(("127.0.0.1", chain.caddy.https_port), HopFault.PASS, source="127.0.0.2") as hop:
        lost = first_lost(tuple(trail(chain, chain.scene(chain.host(), port=hop.port))))
    assert lost is not None
    assert lost.name == "The hop with the address 127.0.0.2"


def test_a_jellyfin_that_does_not_believe_caddy_says_so_itself(chain: Chain) -> None:
    class Jellyfin(BaseHTTPRequestHandler):
        """Answers `/System/Endpoint` as its source has it: for the peer, unless known proxies are believed."""

        believes = False
        tokens: list[str | None] = []  # noqa: RUF012 -- one server, one test

        def do_GET(self) -> None:
            self.tokens.append(self.headers["Authorization"])
            viewer = self.headers["X-Forwarded-For"] if self.believes else self.client_address[0]
            body = msgspec.json.encode({"IsLocal": False, "IsInNetwork": viewer.startswith("127.")})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Jellyfin)
    Thread(target=server.serve_forever, daemon=True).start()
    upstream = Upstream("jellyfin", "http", "127.0.0.1", server.server_port)
    # a tunnel in front, so that a public address can arrive on loopback
    trusted = Listener("tunnel", "127.0.0.1", free_port(), False, ("127.0.0.2/32",), ("CF-Connecting-IP",))
    jellyfin = chain.host(upstream=upstream, listener=trusted)
    chain.load(chain.host("other.localhost"), jellyfin)
    leaf = issue_self_signed(jellyfin.domain.name)
    try:
        with Hop(("127.0.0.1", trusted.port), HopFault.TUNNEL, source="127.0.0.2", certificate=leaf) as tunnel:
            tunnel.adds = (("CF-Connecting-IP", VIEWER),)
            assert as_from_home(chain, jellyfin, tunnel, leaf) == ["headers-server-ignores failure"]
            assert Jellyfin.tokens == ['MediaBrowser Token="jellyfin-token"']
            Jellyfin.believes = True
            assert as_from_home(chain, jellyfin, tunnel, leaf) == ["headers-ok ok"]
            tunnel.adds = ()
            assert as_from_home(chain, jellyfin, tunnel, leaf) == ["headers-hop-address warning"]
    finally:
        server.shutdown()
        server.server_close()
