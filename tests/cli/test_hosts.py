"""`porthole host add`, `list` and `remove`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tasks.applying import probe_host
from tests.cli.conftest import Porthole
from tests.fakes.plex import Behaviour
from tests.processes import wait_until
from tests.whole_system import DOMAIN, System
from wizard.core.hosts import VerifyKind
from wizard.store import hosts, revisions
from wizard.store.hosts import SavedHost


def saved(system: System, domain: str = DOMAIN) -> SavedHost:
    found = hosts.find_host(system.place.database, domain)
    assert found is not None
    return found


def listed(porthole: Porthole) -> list[dict[str, Any]]:
    said = porthole("host", "list", "--json")
    assert (said.code, said.err) == (0, "")
    rows: list[dict[str, Any]] = json.loads(said.out)
    return rows


def test_a_host_in_one_line_is_saved_and_served(system: System, porthole: Porthole) -> None:
    said = porthole("host", "add", "--domain", "PLEX.localhost.", "--upstream", system.plex.url)
    assert (said.code, said.err) == (0, "")
    assert f"Added plex.localhost → {system.plex.url}" in said.out
    host = saved(system)
    assert (host.host.upstream.media, host.host.plex_mode) == ("plex", True)
    assert host.server["id"] == system.plex.machine_identifier
    wait_until(lambda: probe_host(system.place, host.host) == "answers", "it answers through Caddy")


def test_every_option_arrives(system: System, porthole: Porthole) -> None:
    options = ("--no-plex", "--no-forward-ip", "--no-websocket", "--method", "ipv6")
    assert porthole("host", "add", "--domain", DOMAIN, "--upstream", system.plex.url, *options).code == 0
    (row,) = listed(porthole)
    assert row == {
        "domain": DOMAIN,
        "upstream": system.plex.url,
        "media": "plex",
        "method": "ipv6",
        "plex_mode": False,
        "forward_client_ip": False,
        "websocket": False,
        "paused": False,
        "custom_server_access_url": f"https://{DOMAIN}:{system.settings.public_https_port}",
        "standing": "not-checked",
    }


def test_adding_a_domain_again_changes_its_host_and_keeps_the_rest(system: System, porthole: Porthole) -> None:
    porthole("host", "add", "--domain", DOMAIN, "--upstream", system.plex.url, "--method", "ipv6")
    before = saved(system)
    token = system.place.vault.seal("a-token")
    changed = replace(before.host, paused=True, upload_mbps=40.0, stream_limit_mbps=8.0)
    hosts.save_host(system.place.database, changed, sealed_token=token)
    said = porthole("host", "add", "--domain", DOMAIN, "--upstream", system.plex.url, "--no-websocket")
    assert said.code == 0
    assert f"Changed {DOMAIN}" in said.out
    assert saved(system).host == replace(changed, websocket=False)
    assert saved(system).has_token


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--domain", "not a domain"), "External domain"),
        (("--domain", "192.168.1.20"), ""),
        (("--upstream", "http://127.0.0.1:1"), "Nothing answers on port 1 at 127.0.0.1"),
        (("--upstream", "http://[::1"), ""),
        (("--method", "pigeon"), "no way in called pigeon"),
        (("--media", "vhs"), "no media server called vhs"),
        (("--media", "jellyfin"), "Plex answers there"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    system: System, porthole: Porthole, words: tuple[str, str], sentence: str
) -> None:
    option, value = words
    given = {"--domain": DOMAIN, "--upstream": system.plex.url, option: value}
    said = porthole("host", "add", *[word for pair in given.items() for word in pair])
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("porthole: ")
    assert sentence in said.err
    assert hosts.list_hosts(system.place.database) == []
    assert revisions.list_revisions(system.place.database) == []


def test_a_server_that_is_away_can_be_added_anyway(system: System, porthole: Porthole) -> None:
    system.plex.change(behaviour=Behaviour.CLOSE)
    words = ("host", "add", "--domain", DOMAIN, "--upstream", system.plex.url, "--media", "plex")
    assert porthole(*words).code == 1
    assert porthole(*words, "--anyway").code == 0
    assert (saved(system).server, saved(system).host.plex_mode) == ({}, True)


class TestHttps:
    """The certificate of an https upstream."""

    def add(self, system: System, porthole: Porthole, *words: str) -> Any:
        return porthole("host", "add", "--domain", DOMAIN, "--upstream", system.plex.https_url, *words)

    def test_one_that_nobody_vouches_for_is_shown_and_not_accepted_by_itself(
        self, system: System, porthole: Porthole
    ) -> None:
        said = self.add(system, porthole)
        assert said.code == 1
        assert "SHA-256" in said.err
        assert "--pin" in said.err
        assert hosts.list_hosts(system.place.database) == []

    def test_it_can_be_pinned_and_then_the_host_works(self, system: System, porthole: Porthole) -> None:
        assert self.add(system, porthole, "--pin").code == 0
        host = saved(system).host
        assert host.upstream.verify.kind is VerifyKind.PINNED
        assert "BEGIN CERTIFICATE" in host.upstream.verify.certificate_pem
        wait_until(lambda: probe_host(system.place, host) == "answers", "it answers through Caddy")

    def test_another_name_can_be_given(self, system: System, porthole: Porthole) -> None:
        assert self.add(system, porthole, "--server-name", system.plex.server_name).code == 0
        verify = saved(system).host.upstream.verify
        assert (verify.kind, verify.server_name) == (VerifyKind.SERVER_NAME, system.plex.server_name)

    def test_verification_can_be_switched_off(self, system: System, porthole: Porthole) -> None:
        assert self.add(system, porthole, "--no-verify").code == 0
        assert saved(system).host.upstream.verify.kind is VerifyKind.OFF

    def test_only_one_of_these_can_be_chosen(self, system: System, porthole: Porthole) -> None:
        said = self.add(system, porthole, "--pin", "--no-verify")
        assert said.code == 2
        assert "not allowed with" in said.err


def test_the_plain_list_has_one_line_for_each_host(system: System, porthole: Porthole) -> None:
    assert porthole("host", "list").out == ""
    for domain in ("a.localhost", "b.localhost"):
        porthole("host", "add", "--domain", domain, "--upstream", system.plex.url)
    lines = porthole("host", "list").out.splitlines()
    assert lines == [f"{domain}\t{system.plex.url}\tdirect\tnot-checked" for domain in ("a.localhost", "b.localhost")]


def test_removing_a_host_leaves_the_other_one_serving(system: System, porthole: Porthole) -> None:
    for domain in ("a.localhost", "b.localhost"):
        porthole("host", "add", "--domain", domain, "--upstream", system.plex.url)
    gone, stays = (saved(system, domain).host for domain in ("a.localhost", "b.localhost"))
    said = porthole("host", "remove", "A.localhost")
    assert (said.code, said.err) == (0, "")
    assert "Removed a.localhost" in said.out
    assert probe_host(system.place, gone) is None
    wait_until(lambda: probe_host(system.place, stays) == "answers", "the other one answers")


def test_a_host_that_is_not_there_cannot_be_removed(system: System, porthole: Porthole) -> None:
    said = porthole("host", "remove", "nobody.example.com")
    assert (said.code, said.out) == (2, "")
    assert "no proxy host nobody.example.com" in said.err


def test_while_caddy_is_down_the_host_is_kept_and_the_code_says_not_reached(
    system: System, porthole: Porthole
) -> None:
    system.parts["caddy"].stop()
    said = porthole("host", "add", "--domain", DOMAIN, "--upstream", system.plex.url)
    assert said.code == 2
    assert "Caddy does not answer" in said.err
    assert "goes on trying" in said.err
    assert saved(system).host.domain.name == DOMAIN
    (revision,) = revisions.list_revisions(system.place.database)
    assert revision.state == revisions.WAITING
