"""Open doors at a real Caddy and a stand-in Plex: each is found, and the token stays where it belongs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.caddy_process import caddy_binary, free_port
from tests.checks.lab import Lab
from tests.fakes.plex import Plex, PlexSettings
from tests.processes import wait_until
from wizard.checks.exposure import CHECK, Subject
from wizard.checks.exposure_doors import at_doors
from wizard.core.hosts import Upstream
from wizard.net import Net


@pytest.fixture
def plex() -> Iterator[Plex]:
    with Plex(PlexSettings(notify_seconds=0)) as plex:
        yield plex


def behind(lab: Lab, plex: Plex) -> Any:
    return lab.host(upstream=Upstream("plex", "http", "127.0.0.1", plex.port))


def test_a_plex_that_asks_for_a_sign_in_is_green_with_and_without_a_token(lab: Lab) -> None:
    assert lab.codes(CHECK) == ["exposure-ok ok"]
    assert lab.codes(CHECK, lab.scene(CHECK, token=lab.system.plex.token)) == ["exposure-ok ok"]


def test_the_token_goes_to_plex_at_home_and_never_through_the_public_name(lab: Lab, plex: Plex) -> None:
    host = behind(lab, plex)
    lab.serve(host)
    plex.forget()
    lab.run(CHECK, lab.scene(CHECK, host, token=plex.token))
    through_caddy = [request for request in plex.seen if request.value("Via") is not None]
    with_token = [request for request in plex.seen if request.value("X-Plex-Token") is not None]
    assert through_caddy
    assert with_token
    assert not [request for request in through_caddy if request in with_token]
    assert plex.token not in lab.system.access_log()


def test_a_plex_that_lets_strangers_in_is_red_until_it_does_not(lab: Lab, plex: Plex) -> None:
    host = behind(lab, plex)
    plex.prefer("allowedNetworks", "127.0.0.1")

    def hide_the_name(found: Any) -> None:
        """As hand-written configurations do that pretend to be local."""
        for one in found if isinstance(found, list) else found.values() if isinstance(found, dict) else ():
            hide_the_name(one)
        if isinstance(found, dict) and found.get("handler") == "reverse_proxy":
            found["headers"]["request"]["set"]["Host"] = [f"127.0.0.1:{plex.port}"]

    lab.serve(host, change=hide_the_name)
    assert lab.codes(CHECK, lab.scene(CHECK, host)) == ["exposure-open failure"]
    lab.serve(host)
    assert lab.codes(CHECK, lab.scene(CHECK, host)) == ["exposure-ok ok"]


def test_caddys_address_on_plexs_lists_is_told_until_it_is_gone(lab: Lab, plex: Plex) -> None:
    host = behind(lab, plex)
    lab.serve(host)
    scene = lab.scene(CHECK, host, token=plex.token)
    plex.prefer("allowedNetworks", "10.0.0.0/8,127.0.0.0/8")
    plex.prefer("LanNetworksBandwidth", "127.0.0.1")
    assert lab.codes(CHECK, scene) == ["exposure-allowed-networks warning", "exposure-lan-networks warning"]
    off = replace(scene, host=replace(host, forward_client_ip=False))
    assert "exposure-allowed-networks failure" in lab.codes(CHECK, off)
    plex.prefer("allowedNetworks", "10.0.0.0/8")
    plex.prefer("LanNetworksBandwidth", "")
    assert lab.codes(CHECK, scene) == ["exposure-ok ok"]


def test_a_caddy_elsewhere_is_asked_for_its_address(lab: Lab, plex: Plex) -> None:
    host = behind(lab, plex)
    lab.serve(host)
    plex.prefer("allowedNetworks", "127.0.0.1")
    edge = replace(lab.edge, address="caddy")  # as in a container of its own
    result = lab.run(CHECK, lab.scene(CHECK, host, token=plex.token, edge=edge))
    assert result.observed["caddys_address"] == "127.0.0.1"
    assert [verdict.code for verdict in result.verdicts] == ["exposure-allowed-networks"]


def test_a_refused_token_is_no_fault_of_the_person(lab: Lab) -> None:
    assert lab.codes(CHECK, lab.scene(CHECK, token="another")) == ["exposure-could-not-look unknown"]


def test_an_open_first_set_up_is_red_through_the_public_name(lab: Lab) -> None:
    with Plex(PlexSettings(is_claimed=False)) as plex:
        host = behind(lab, plex)
        lab.serve(host)
        assert lab.codes(CHECK, lab.scene(CHECK, host)) == ["exposure-set-up-open failure"]


def test_an_admin_api_on_a_tcp_port_is_found_and_counts_where_others_reach_it(tmp_path: Path) -> None:
    port = free_port()
    with _caddy_with_tcp_admin(tmp_path, port):
        (found,) = at_doors(Net(), ("127.0.0.1",), (port,))
    assert found.is_admin
    assert CHECK.judge(_subject(port), _seen(found))[0].code == "exposure-ok"  # this machine is not outside
    (verdict,) = CHECK.judge(_subject(port), _seen(replace(found, address="203.0.113.9")))
    assert verdict.code == "exposure-admin"
    (shut,) = at_doors(Net(), ("127.0.0.1",), (port,))
    assert not shut.is_admin


@contextmanager
def _caddy_with_tcp_admin(folder: Path, port: int) -> Iterator[None]:
    file = folder / "caddy.json"
    file.write_text(json.dumps({"admin": {"listen": f"127.0.0.1:{port}"}}))
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    command = [str(caddy_binary()), "run", "--config", str(file)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process:
        try:
            wait_until(lambda: Net().connect("127.0.0.1", port).fault is None, "Caddy takes orders")
            yield
        finally:
            process.terminate()


def _subject(port: int) -> Subject:
    upstream = Upstream("plex", "http", "192.168.1.20", 32400)
    return Subject("plex.example.com", 443, upstream, True, (port,), True)


def _seen(door: Any) -> Any:
    return CHECK.seen_type(doors=(door,))
