"""The admin API, on real Caddys and on servers that misbehave: failures are values, and nothing waits for ever."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from cryptography import x509

from tests.caddy.canned import answering
from tests.caddy.talk import Stage, proxy_host
from tests.caddy_process import CaddyProcess, free_port
from wizard.caddy.client import CaddyClient, Running, UpstreamLoad
from wizard.caddy.config import build, initial_config
from wizard.caddy.version import parse_version
from wizard.core.verdicts import Trouble


def quick(address: str) -> CaddyClient:
    return CaddyClient(address, fallback=None, deadline_seconds=0.5, load_seconds=0.5)


def all_answers(client: CaddyClient) -> list[object]:
    return [
        client.get_config(),
        client.version(),
        client.upstreams(),
        client.local_root_pem(),
        client.post_config({}, "x"),
        client.load({}),
    ]


def test_the_configuration_comes_with_an_etag_and_a_fresh_one_may_write(caddy: CaddyProcess) -> None:
    client = caddy.client()
    document = initial_config(caddy.edge())
    assert client.load(document) is None
    running = client.get_config()
    assert isinstance(running, Running)
    assert running.config == document
    assert running.etag.startswith('"/config/ ')
    other = build([proxy_host()], caddy.edge(), parse_version(caddy.version), document).config
    assert client.post_config(other, running.etag) is None
    again = client.get_config()
    assert isinstance(again, Running)
    assert again.config == other
    assert again.etag != running.etag


def test_a_stale_etag_is_a_conflict_and_nothing_is_written(caddy: CaddyProcess) -> None:
    client = caddy.client()
    document = initial_config(caddy.edge())
    client.load(document)
    running = client.get_config()
    assert isinstance(running, Running)
    changed = {**document, "apps": {}}
    client.load(changed)
    trouble = client.post_config(document, running.etag)
    assert trouble is not None
    assert (trouble.code, trouble.summary) == (
        "apply-conflict",
        "Somebody else changed Caddy's configuration at the same time",
    )
    now = client.get_config()
    assert isinstance(now, Running)
    assert now.config == changed


def test_the_same_can_be_had_over_tcp(caddy: CaddyProcess) -> None:
    address = f"127.0.0.1:{free_port()}"
    document = initial_config(caddy.edge())
    assert caddy.client().load({**document, "admin": {"listen": address}}) is None
    client = CaddyClient(f"http://{address}")
    assert isinstance(client.get_config(), Running)
    assert client.version() == parse_version(caddy.version)
    assert client.load(document) is None
    assert isinstance(caddy.client().get_config(), Running)


def test_no_header_of_a_browser_is_ever_sent(caddy: CaddyProcess) -> None:
    caddy.client().get_config()
    lines = [line for line in caddy.logs().splitlines() if "admin.api" in line]
    assert lines
    assert not [line for line in lines if "Origin" in line or "Sec-Fetch" in line]


def test_a_proxy_in_the_environment_is_not_used(caddy: CaddyProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert isinstance(caddy.client().get_config(), Running)


def test_upstreams_are_told_with_what_they_do(stage: Stage) -> None:
    stage.serve(stage.host())
    assert stage.ask("/identity").status == 200
    loads = stage.caddy.client().upstreams()
    assert isinstance(loads, tuple)
    assert UpstreamLoad(f"127.0.0.1:{stage.media.port}", 0, 0) in loads


def test_the_root_of_caddys_own_authority_is_offered_where_it_is_used(stage: Stage) -> None:
    stage.serve(stage.host())
    pem = stage.caddy.client().local_root_pem()
    assert isinstance(pem, str)
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert "Caddy Local Authority" in certificate.subject.rfc4514_string()


def test_the_authority_is_not_made_by_asking_where_nobody_uses_it(caddy: CaddyProcess) -> None:
    caddy.client().load(initial_config(caddy.edge()))
    asked = caddy.logs().count("/pki/ca/local")
    assert caddy.client().local_root_pem() is None
    assert caddy.logs().count("/pki/ca/local") == asked


def test_our_caddy_never_touches_the_trust_store_of_the_machine(stage: Stage) -> None:
    stage.serve(stage.host())
    assert "installing root certificate" not in stage.caddy.logs()
    assert "root certificate is already trusted" not in stage.caddy.logs()


@pytest.mark.parametrize(
    "address", ["unix//nowhere/at/all.sock", "http://127.0.0.1:1", "127.0.0.1:1", "http://[", ""]
)
def test_an_address_where_nobody_answers_is_trouble_and_no_exception(address: str) -> None:
    for answer in all_answers(quick(address)):
        assert isinstance(answer, Trouble)
        assert answer.code == "apply-caddy-down"
        assert answer.summary == f"Caddy does not answer at {address}"
        assert answer.detail


def test_a_socket_that_nobody_listens_on_any_more_is_trouble(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert all(isinstance(answer, Trouble) for answer in all_answers(quick(f"unix/{path}")))


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = quick(f"http://127.0.0.1:{silent.getsockname()[1]}")
        for answer in all_answers(client):
            assert isinstance(answer, Trouble)
            assert "imed out" in answer.detail


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["array"]',
        b"HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n{}",
        b"",
    ],
)
def test_somebody_who_is_no_caddy_is_trouble(answer: bytes) -> None:
    with answering(answer) as port:
        client = quick(f"http://127.0.0.1:{port}")
        assert isinstance(client.get_config(), Trouble)
        assert isinstance(client.upstreams(), Trouble)


def test_what_caddy_refuses_is_said_in_its_own_words_in_the_detail(caddy: CaddyProcess) -> None:
    document = initial_config(caddy.edge())
    trouble = caddy.client().load({**document, "apps": {"no_such_app": {}}})
    assert trouble is not None
    assert trouble.code == "apply-refused"
    assert trouble.summary == "This Caddy lacks a module that the configuration uses"
    assert "no_such_app" in trouble.detail
