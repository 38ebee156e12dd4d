"""`porthole apply` and `porthole config`."""

from __future__ import annotations

import json
import socket

import pytest

from tests.cli.conftest import Porthole
from tests.store.samples import saved_host
from tests.whole_system import DOMAIN, System
from wizard.caddy.caddyfile import caddyfile
from wizard.caddy.config import build
from wizard.caddy.version import Version
from wizard.core.verdicts import Trouble
from wizard.store import hosts


@pytest.fixture
def version(system: System) -> Version:
    """The version of the Caddy that runs."""
    found = system.caddy.version()
    assert not isinstance(found, Trouble)
    return found


def test_applying_says_what_changed_and_the_second_time_that_nothing_did(system: System, porthole: Porthole) -> None:
    saved_host(system.place.database, DOMAIN)
    first, second = porthole("apply"), porthole("apply")
    assert (first.code, second.code) == (0, 0)
    assert DOMAIN in first.out
    assert second.out == "Caddy has this configuration already\n"


def test_what_caddy_refuses_is_a_failure_with_a_remedy(system: System, porthole: Porthole) -> None:
    saved_host(system.place.database, DOMAIN)
    with socket.create_server(("", system.settings.caddy_https_port)):
        said = porthole("apply")
    assert said.code == 1
    assert f"listens on port {system.settings.caddy_https_port}" in said.err
    assert "Stop the other program" in said.err


def test_applying_works_without_a_broker(system: System, porthole: Porthole) -> None:
    saved_host(system.place.database, DOMAIN)
    system.parts["valkey"].stop()
    assert porthole("apply").code == 0


def test_applying_while_caddy_is_down_reaches_nothing(system: System, porthole: Porthole) -> None:
    system.parts["caddy"].stop()
    assert porthole("apply").code == 2


def test_the_configuration_can_be_printed_in_both_forms(system: System, porthole: Porthole, version: Version) -> None:
    host = saved_host(system.place.database, DOMAIN)
    edge = system.place.edge
    text = porthole("config", DOMAIN, "--format", "caddyfile")
    document = porthole("config", DOMAIN, "--format", "json")
    assert (text.code, text.out) == (0, caddyfile([host], edge, version))
    assert porthole("config", DOMAIN).out == text.out
    assert (document.code, json.loads(document.out)) == (0, build([host], edge, version, {}).config)


def test_the_configuration_is_printed_without_a_caddy_too(system: System, porthole: Porthole) -> None:
    saved_host(system.place.database, DOMAIN)
    system.parts["caddy"].stop()
    said = porthole("config", DOMAIN)
    assert said.code == 0
    assert DOMAIN in said.out


def test_there_is_no_configuration_for_a_host_that_is_not_there(system: System, porthole: Porthole) -> None:
    assert hosts.list_hosts(system.place.database) == []
    assert porthole("config", DOMAIN).code == 2
    assert porthole("config", DOMAIN, "--format", "yaml").code == 2
