"""Asking real sockets who they are."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest

from tests.fakes.authority import Authority
from tests.fakes.plex import Behaviour, Plex, PlexSettings, Secure
from tests.fakes.ports import free_port
from tests.media.test_identities import EMBY, JELLYFIN
from tests.net.small import Small, answers, read_request
from wizard.core.faults import Fault
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.media import MEDIA, Identity, NotThis, identify, identify_any, identify_at
from wizard.net import Net


def upstream(port: int, kind: str = "plex", **changes: object) -> Upstream:
    return Upstream(kind, "http", "127.0.0.1", port, **changes)  # type: ignore[arg-type]  # fields as in Upstream


def paths(table: dict[str, object]) -> Callable[[socket.socket], None]:
    """Answers 200 with JSON for known paths, else 404."""

    def talk(connection: socket.socket) -> None:
        path = read_request(connection).split(" ", 2)[1]
        if path in table:
            body = json.dumps(table[path]).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        else:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    return talk


def test_plex_says_who_it_is_and_with_a_token_its_name() -> None:
    with Plex(PlexSettings(name="Living room")) as plex:
        found = identify(Net(), MEDIA["plex"], upstream(plex.port))
        assert isinstance(found, Identity)
        assert (found.kind, found.id, found.name, found.is_set_up) == ("plex", plex.machine_identifier, "", True)
        assert found.seconds > 0
        named = identify(Net(), MEDIA["plex"], upstream(plex.port), token=plex.token)
        assert isinstance(named, Identity)
        assert named.name == "Living room"
        wrong = identify(Net(), MEDIA["plex"], upstream(plex.port), token="wrong")
        assert isinstance(wrong, Identity)
        assert wrong.name == ""


def test_plex_is_never_asked_under_a_name_it_does_not_know() -> None:
    with Plex() as plex:
        net = Net(known={"plex.home": ("127.0.0.1",)})
        found = identify(net, MEDIA["plex"], Upstream("plex", "http", "plex.home", plex.port))
        assert isinstance(found, Identity)
        hosts = [value for one in plex.seen for name, value in one.headers if name.lower() == "host"]
    assert hosts == [f"127.0.0.1:{plex.port}"]


def test_an_unclaimed_plex_says_so() -> None:
    with Plex(PlexSettings(is_claimed=False)) as plex:
        found = identify(Net(), MEDIA["plex"], upstream(plex.port))
    assert isinstance(found, Identity)
    assert found.is_set_up is False


def test_plex_over_https_is_verified_by_its_server_name_or_pinned() -> None:
    authority = Authority.create()
    with Plex(authority=authority) as plex:
        system = identify(Net(), MEDIA["plex"], Upstream("plex", "https", "127.0.0.1", plex.port))
        assert isinstance(system, NotThis)
        assert system.fault in {Fault.UNTRUSTED, Fault.NAME_MISMATCH}
        pin = Verify(VerifyKind.PINNED, plex.server_name, plex.certificate.certificate_pem)
        pinned = identify(Net(), MEDIA["plex"], Upstream("plex", "https", "127.0.0.1", plex.port, pin))
        assert isinstance(pinned, Identity)
        off = Verify(VerifyKind.OFF)
        assert isinstance(
            identify(Net(), MEDIA["plex"], Upstream("plex", "https", "127.0.0.1", plex.port, off)), Identity
        )


def test_plex_with_required_secure_connections_closes_plain_connections() -> None:
    with Plex(secure=Secure.REQUIRED) as plex:
        found = identify(Net(), MEDIA["plex"], upstream(plex.port))
    assert isinstance(found, NotThis)
    assert found.fault in {Fault.CLOSED, Fault.RESET}


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ({"/System/Info/Public": JELLYFIN, "/emby/System/Info/Public": JELLYFIN}, "jellyfin"),
        ({"/System/Info/Public": JELLYFIN}, "jellyfin"),
        ({"/emby/System/Info/Public": EMBY}, "emby"),
        ({"/System/Info/Public": EMBY}, "emby"),
        ({"/identity": {"MediaContainer": {"machineIdentifier": "abc"}}}, "plex"),
    ],
)
def test_whoever_answers_is_recognised(table: dict[str, object], kind: str) -> None:
    with Small(paths(table)) as server:
        found = identify_any(Net(), upstream(server.port))
    assert isinstance(found, Identity)
    assert found.kind == kind


def test_a_base_path_is_kept() -> None:
    with Small(paths({"/jellyfin/System/Info/Public": JELLYFIN})) as server:
        found = identify(Net(), MEDIA["jellyfin"], upstream(server.port, "jellyfin", base_path="/jellyfin"))
    assert isinstance(found, Identity)


def test_another_thing_is_called_by_its_own_title() -> None:
    with Plex(PlexSettings(behaviour=Behaviour.OTHER_THING)) as plex:
        found = identify_any(Net(), upstream(plex.port))
    assert isinstance(found, NotThis)
    assert found.status == 200
    assert found.called


def test_something_that_refuses_every_path_is_no_closed_emby() -> None:
    with Small(answers("<title>Router</title>", status="401 Unauthorized")) as server:
        found = identify_any(Net(), upstream(server.port))
    assert isinstance(found, NotThis)
    assert (found.called, found.is_closed) == ("Router", False)


def test_an_answer_that_breaks_off_is_a_fault() -> None:
    with Small(answers("", headers="Transfer-Encoding: chunked\r\n")) as server:
        found = identify_any(Net(), upstream(server.port))
    assert isinstance(found, NotThis)


def test_nothing_at_all_is_a_fault_and_asked_only_once() -> None:
    found = identify_any(Net(), upstream(free_port()))
    assert isinstance(found, NotThis)
    assert (found.status, found.fault) == (0, Fault.REFUSED)


def test_a_public_address_is_asked_without_a_token() -> None:
    authority = Authority.create()
    with Plex(certificate=authority.issue("plex.example.com")) as plex:
        net = Net(known={"plex.example.com": ("127.0.0.1",)})
        url = f"https://plex.example.com:{plex.port}"
        found = identify_at(net, MEDIA["plex"], url, roots_pem=authority.certificate_pem)
        assert isinstance(found, Identity)
        assert found.id == plex.machine_identifier
        assert not any("token" in name.lower() for one in plex.seen for name, _ in one.headers)
        untrusted = identify_at(net, MEDIA["plex"], url)
        assert isinstance(untrusted, NotThis)
        assert untrusted.fault is Fault.UNTRUSTED
