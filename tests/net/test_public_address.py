"""The address under which services see us: text or JSON, over one IP version, and everything that is none."""

from __future__ import annotations

import pytest

from tests.fakes.address_service import AddressTeller
from wizard.core.connection import Seen
from wizard.net.deadline import Deadline
from wizard.net.public_address import ask_service, read_address


def test_a_service_tells_our_address_as_text_or_as_json() -> None:
    with AddressTeller(address="203.0.113.20") as service:
        for path in ("/ip", "/json"):
            seen, why = ask_service(service.url + path, 4, Deadline(5))
            assert (seen, why) == (Seen("127.0.0.1", "203.0.113.20"), "")


def test_each_ip_version_is_asked_by_itself() -> None:
    with AddressTeller(host="::1", address="2001:db8::7") as service:
        assert ask_service(f"{service.url}/ip", 6, Deadline(5))[0] == Seen("::1", "2001:db8::7")
        seen, why = ask_service(f"{service.url}/ip", 4, Deadline(5))
    assert seen is None
    assert "no IPv4 address" in why


@pytest.mark.parametrize("body", ["", "hello", "192.168.1.1", "2001:db8::7", '{"ip": 5}', "[]", '{"ip"', "127.0.0.1"])
def test_what_is_no_public_address_of_that_version_is_none(body: str) -> None:
    with AddressTeller(body=body or " ") as service:
        seen, why = ask_service(f"{service.url}/ip", 4, Deadline(5))
    assert seen is None
    assert why


def test_a_page_that_is_not_there_is_no_answer() -> None:
    with AddressTeller(address="203.0.113.20") as service:
        seen, why = ask_service(f"{service.url}/elsewhere", 4, Deadline(5))
    assert seen is None
    assert "404" in why


def test_an_address_is_read_with_the_white_space_around_it() -> None:
    assert str(read_address(" 203.0.113.20\r\n")) == "203.0.113.20"
