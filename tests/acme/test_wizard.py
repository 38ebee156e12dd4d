"""A real certificate from a real authority through the wizard, and ways in which it fails, each told on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.acme.person import Person, part_of, words_of
from tests.fakes.acme import Acme
from tests.net.dns_server import NameServer
from tests.processes import wait_until
from tests.whole_system import EVERYTHING, System, start_system

NAME, BLOCKED = "plex.example.com", "blocked.example.com"
PUBLIC = "203.0.113.9"
NOWHERE = "255.255.255.255"  # no way leads there from any machine, which shows at once


@dataclass
class Home:
    """A whole Porthole whose Caddy asks Pebble, and the name servers of its owner.

    At home the names lead to this machine, outside to an address set aside for examples. What Pebble sees of them
    is `acme.records`.
    """

    system: System
    acme: Acme
    person: Person
    own: NameServer
    public: NameServer

    def know(self, name: str) -> None:
        """Put a name into DNS, at home and outside."""
        self.own.records = {**self.own.records, (name, "A"): ("127.0.0.1",)}
        self.public.records = {**self.public.records, (name, "A"): (PUBLIC,)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Started once; every test adds a proxy host of its own."""
    folder = tmp_path_factory.mktemp("home")
    com = {("com", "NS"): ("a.gtld-servers.net.",)}
    with ExitStack() as ends:
        acme = ends.enter_context(Acme(folder / "acme", blocked=(BLOCKED,)))
        own, public = ends.enter_context(NameServer(com)), ends.enter_context(NameServer(com))
        root = folder / "root.pem"
        root.write_text(acme.root_pem())
        system = ends.enter_context(
            start_system(
                folder / "data",
                (),
                PORTHOLE_CADDY_HTTP_PORT=str(acme.http_port),
                PORTHOLE_CADDY_HTTPS_PORT=str(acme.tls_port),
                PORTHOLE_PUBLIC_HTTPS_PORT=str(acme.tls_port),
                PORTHOLE_ACME_CA=acme.directory_url,
                PORTHOLE_ACME_ROOT=str(acme.listener_root),
                PORTHOLE_NAMESERVERS=own.address,
                PORTHOLE_PUBLIC_RESOLVERS=public.address,
            )
        )
        # what stands for a public authority on a real machine: the checks trust Pebble's root
        system.parts["worker"].environ["SSL_CERT_FILE"] = str(root)
        system.start(*EVERYTHING)
        person = Person(system)
        person.claim()
        yield Home(system, acme, person, own, public)


def test_a_certificate_comes_through_the_wizard_and_the_run_page_is_green(home: Home) -> None:
    home.know(NAME)
    run = home.person.add(NAME)
    page = home.person.wait(run)
    assert part_of(page, "verdict").startswith("Working: Works"), words_of(page)
    assert "days left" in part_of(page, "check-tls")
    assert f"{NAME} works" in part_of(page, "success")
    assert part_of(page, "certificate") == ""
    assert (
        f"on this machine {NAME} leads to 127.0.0.1, outside to {PUBLIC}".lower()
        in part_of(page, "check-dns").lower()
    )


def failed_once(home: Home, name: str) -> str:
    """The path of a run of a new proxy host, after Caddy's first try for it has failed."""
    home.know(name)
    run = home.person.add(name)
    page = home.person.wait(run)
    assert "Not working" in part_of(page, "verdict"), words_of(page)
    wait_until(lambda: "tries again" in part_of(home.person.get(run), "certificate"), "the first try has failed")
    return run


def test_a_name_that_leads_elsewhere_is_told_and_green_by_checking_again_after_correcting_it(home: Home) -> None:
    name = "elsewhere.example.com"
    home.acme.records.address(name, NOWHERE)
    run = failed_once(home, name)
    page = home.person.again(run, "tls")
    card = part_of(page, "fix-tls")
    assert f"cannot connect to {name}: nobody answers at {NOWHERE}" in card
    assert "Behind CGNAT" in card
    assert NOWHERE in part_of(page, "certificate")
    assert f'data-live="{run}/stream"' in page  # goes on by itself while Caddy does

    home.acme.records.address(name, "127.0.0.1")
    assert "days left" in part_of(home.person.again(run, "tls"), "check-tls")
    assert part_of(home.person.get(run), "certificate") == ""


def test_a_name_that_the_authority_refuses_is_told(home: Home) -> None:
    run = failed_once(home, BLOCKED)
    page = home.person.again(run, "tls")
    assert f"does not issue certificates for {BLOCKED}" in part_of(page, "fix-tls")
    assert "Choose another external domain" in part_of(page, "certificate")


def test_an_authority_that_cannot_be_reached_is_told(home: Home) -> None:
    name = "unreachable.example.com"
    home.acme.stop()
    run = failed_once(home, name)
    page = home.person.again(run, "tls")
    assert "Caddy cannot reach the certificate authority" in part_of(page, "fix-tls")
    assert f"nobody could be asked about {name}" in part_of(page, "certificate")
