"""`porthole doctor`: what it prints, what it gives back, and that what it prints can be pasted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.fakes.address_service import AddressTeller
from tests.fakes.stun_server import StunServer
from wizard.core.connection import Facts, Place
from wizard.core.doctor import document_of, read_document
from wizard.core.nat import judge
from wizard.core.refusal import Refusal

PUBLIC = "203.0.113.20"


@pytest.fixture(scope="module")
def outside() -> Iterator[dict[str, str]]:
    """The settings that name a STUN server and an address service here."""
    with StunServer(seen=lambda _: (PUBLIC, 4711)) as stun, AddressTeller(address=PUBLIC) as service:
        yield {"PORTHOLE_STUN_SERVERS": stun.name, "PORTHOLE_ADDRESS_SERVICES": f"{service.url}/ip"}


def doctor(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own; it ends within its 8 seconds or the test fails."""
    command = [sys.executable, "-m", "wizard.cli", "doctor", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=20, env=environ)


def test_the_address_from_the_router_s_page_settles_it(outside: dict[str, str]) -> None:
    done = doctor(outside, "--wan", "100.64.12.7")
    assert done.returncode == 1, done.stderr
    assert "You are behind CGNAT: your router's address is 100.64.12.7" in done.stdout
    assert "How sure: certain" in done.stdout
    assert "✗ Your provider's translator" in done.stdout
    assert f"sees {PUBLIC}" in done.stdout


def test_equal_addresses_end_well(outside: dict[str, str]) -> None:
    done = doctor(outside, "--wan", PUBLIC)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"your router has the public address {PUBLIC} itself" in done.stdout


def test_what_it_prints_for_programs_can_be_pasted(outside: dict[str, str]) -> None:
    done = doctor(outside, "--json", "--wan", "100.64.12.7")
    document = json.loads(done.stdout)
    assert (document["verdict"]["kind"], document["verdict"]["confidence"]) == ("cgnat", "certain")
    facts = read_document(f"some words before\n{done.stdout}\nand after")
    assert isinstance(facts, Facts)
    assert facts.place.value is Place.HOME
    assert judge(facts).sentence == document["verdict"]["sentence"]


def test_with_nobody_to_ask_and_nobody_answering_it_ends_without_a_verdict() -> None:
    done = doctor({"PORTHOLE_STUN_SERVERS": "none", "PORTHOLE_ADDRESS_SERVICES": "none"}, "--at", "server")
    assert done.returncode == 2, done.stderr
    assert "Porthole runs on a rented server" in done.stdout


@pytest.mark.parametrize("wan", ["hello", "2001:db8::1", "1.2.3"])
def test_what_is_no_address_is_refused(wan: str) -> None:
    done = doctor({}, "--wan", wan)
    assert done.returncode == 2
    assert "Write the IPv4 address that your router's page shows" in done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        '{"porthole_doctor": 2, "facts": {}}',
        '{"porthole_doctor": 1, "facts": {"typed": {"value": 5}}}',
        json.dumps({"porthole_doctor": 1, "facts": {"typed": {"value": "\x07", "state": "measured"}}}),
        json.dumps({"porthole_doctor": 1, "facts": {"typed": {"value": "x" * 301, "state": "measured"}}}),
        json.dumps({"porthole_doctor": 1, "facts": {"pages": {"value": ["x"] * 65, "state": "measured"}}}),
        "{" + "x" * 70_000 + "}",
    ],
)
def test_what_was_not_printed_by_the_doctor_is_refused(text: str) -> None:
    assert isinstance(read_document(text), Refusal)


def test_a_document_of_nothing_known_is_read_back() -> None:
    found = read_document(json.dumps(document_of(Facts(), judge(Facts()))))
    assert isinstance(found, Facts)
