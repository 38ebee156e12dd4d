"""On which ports Caddy and the pages can listen: used, replaced with a notice, or refused with a sentence."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.fakes.ports import free_port
from wizard.core.refusal import Refusal
from wizard.embedded import ports
from wizard.embedded.ports import Opening, Ports, choose_ports, refuse_listen, try_port
from wizard.settings import Settings


def settings_with(**environ: str) -> Settings:
    settings = Settings.read(environ)
    assert isinstance(settings, Settings), settings
    return settings


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Free ports in place of 80, 443, 8080 and 8443, which this machine may or may not have."""
    names = ("http", "https", "http_fallback", "https_fallback")
    found = {name: free_port() for name in names}
    rows = (
        ("PORTHOLE_CADDY_HTTP_PORT", found["http"], found["http_fallback"]),
        ("PORTHOLE_CADDY_HTTPS_PORT", found["https"], found["https_fallback"]),
    )
    monkeypatch.setattr(ports, "_ROWS", rows)
    return found


def usual_settings(usual: dict[str, int]) -> Settings:
    return settings_with().with_ports(usual["http"], usual["https"])


def test_a_free_port_is_free_and_stays_free() -> None:
    port = free_port()
    assert try_port(port) is Opening.FREE
    assert try_port(port) is Opening.FREE


def test_a_port_with_a_listener_is_taken_on_every_address(taken: int) -> None:
    assert try_port(taken, "127.0.0.1") is Opening.TAKEN
    assert try_port(taken) is Opening.TAKEN


def test_a_port_whose_connections_ended_a_moment_ago_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # this side closes first, so the port is the one left waiting
    assert try_port(port, "127.0.0.1") is Opening.FREE


def test_an_address_of_another_machine_is_told_apart() -> None:
    assert try_port(free_port(), "192.0.2.7") is Opening.NO_SUCH_ADDRESS


def test_a_low_port_is_not_permitted_to_an_ordinary_user() -> None:
    program = (
        "import os; from wizard.embedded.ports import try_port; os.getuid() or os.setuid(65534);"
        "limit = int(open('/proc/sys/net/ipv4/ip_unprivileged_port_start').read());"
        "print(try_port(limit - 1).name if limit > 1 else 'NOT_PERMITTED')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "NOT_PERMITTED"


def test_the_usual_ports_are_used_when_they_are_free(usual: dict[str, int]) -> None:
    assert choose_ports(usual_settings(usual)) == Ports(usual["http"], usual["https"])


def test_a_usual_port_that_is_taken_is_replaced_and_the_notice_names_both(usual: dict[str, int]) -> None:
    with socket.create_server(("127.0.0.1", usual["https"])):
        chosen = choose_ports(usual_settings(usual))
    assert isinstance(chosen, Ports)
    assert (chosen.http, chosen.https) == (usual["http"], usual["https_fallback"])
    assert chosen.notice == (
        f"Another program listens on port {usual['https']}, so Caddy listens on {usual['https_fallback']}.\n"
        f"So that viewers reach it, let your router forward port {usual['https']} to {usual['https_fallback']} "
        "of this machine."
    )


def test_usual_ports_that_need_more_rights_are_replaced_both(
    usual: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    low = {usual["http"], usual["https"]}

    def try_port_as_user(port: int, host: str = "") -> Opening:
        return Opening.NOT_PERMITTED if port in low else try_port(port, host)

    monkeypatch.setattr(ports, "try_port", try_port_as_user)
    chosen = choose_ports(usual_settings(usual))
    assert isinstance(chosen, Ports)
    assert (chosen.http, chosen.https) == (usual["http_fallback"], usual["https_fallback"])
    assert chosen.notice.startswith(
        f"This user may not open ports {usual['http']} and {usual['https']}, "
        f"so Caddy listens on {usual['http_fallback']} and {usual['https_fallback']}.\n"
    )


def test_a_demonstration_is_not_told_about_a_router(usual: dict[str, int]) -> None:
    settings = settings_with(PORTHOLE_DEMO="yes").with_ports(usual["http"], usual["https"])
    with socket.create_server(("127.0.0.1", usual["https"])):
        chosen = choose_ports(settings)
    assert isinstance(chosen, Ports)
    assert "router" not in chosen.notice


def test_when_the_fallback_is_taken_too_the_setting_is_named(usual: dict[str, int]) -> None:
    with (
        socket.create_server(("127.0.0.1", usual["https"])),
        socket.create_server(("127.0.0.1", usual["https_fallback"])),
    ):
        refusal = choose_ports(usual_settings(usual))
    assert isinstance(refusal, Refusal)
    assert str(usual["https_fallback"]) in refusal.message
    assert refusal.message.endswith("Set PORTHOLE_CADDY_HTTPS_PORT to a free port.")


@pytest.mark.parametrize("name", ["PORTHOLE_CADDY_HTTP_PORT", "PORTHOLE_CADDY_HTTPS_PORT"])
def test_a_port_that_was_set_is_never_replaced(name: str, taken: int) -> None:
    others = {"PORTHOLE_CADDY_HTTP_PORT": str(free_port()), "PORTHOLE_CADDY_HTTPS_PORT": str(free_port())}
    refusal = choose_ports(settings_with(**{**others, name: str(taken)}))
    assert isinstance(refusal, Refusal)
    expected = f"{name} is {taken}, but another program listens on port {taken}. Set {name} to another port."
    assert refusal.message == expected


def test_pages_that_cannot_listen_name_their_setting(taken: int) -> None:
    refusal = refuse_listen(settings_with(PORTHOLE_LISTEN=f"127.0.0.1:{taken}"))
    assert isinstance(refusal, Refusal)
    assert refusal.message.startswith(f"The pages cannot listen on 127.0.0.1:{taken}: another program")
    assert "PORTHOLE_LISTEN" in refusal.message
    assert refuse_listen(settings_with(PORTHOLE_LISTEN=f"127.0.0.1:{free_port()}")) is None
    assert refuse_listen(settings_with(PORTHOLE_LISTEN=f"[::1]:{free_port()}")) is None
