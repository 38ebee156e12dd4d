"""UPnP gateways: found by SSDP, described, and asked by SOAP, against the scripted router."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.http_pages import HttpPages, send_text
from tests.fakes.igd_pages import DEVICE
from tests.fakes.router import Router, Says, Script
from wizard.core.connection import Gateway
from wizard.net.deadline import Deadline
from wizard.net.igd import ask_gateways, read_description
from wizard.net.ssdp import Found, is_own_page, read_location, search

HERE = "127.0.0.1"
PPP = "urn:schemas-upnp-org:service:WANPPPConnection:1"


def ask(router: Router) -> tuple[Gateway, ...]:
    found = search((), [HERE], Deadline(3), port=int(router.about["ssdp_port"]))
    return ask_gateways(found, Deadline(5))


@pytest.mark.parametrize("wan", ["203.0.113.20", "100.64.0.2", "192.168.0.5"])
def test_a_gateway_tells_the_address_of_its_line(wan: str) -> None:
    with Router(Script(wan=wan, name="Box 7")) as router:
        (gateway,) = ask(router)
        assert gateway == Gateway(HERE, wan, "Box 7", True, link=f"{router.pages.url}/")


def test_a_gateway_with_a_ppp_line_is_asked_too() -> None:
    with Router(Script(service=PPP)) as router:
        (gateway,) = ask(router)
    assert gateway.wan == "203.0.113.20"


def test_a_gateway_that_gives_no_address_is_connected_all_the_same() -> None:
    with Router(Script(upnp=Says.EMPTY)) as router:
        (gateway,) = ask(router)
    assert (gateway.wan, gateway.is_connected) == ("", True)


def test_a_line_that_is_down_is_told() -> None:
    with Router(Script(upnp=Says.EMPTY, is_connected=False)) as router:
        (gateway,) = ask(router)
    assert gateway.is_connected is False


def test_a_gateway_that_refuses_every_question_counts_as_not_connected() -> None:
    with Router(Script(upnp=Says.REFUSES)) as router:
        (gateway,) = ask(router)
    assert (gateway.wan, gateway.is_connected) == ("", False)


def test_a_silent_network_has_no_gateway() -> None:
    with Router(Script(upnp=Says.SILENT)) as router:
        assert search((), [HERE], Deadline(1), port=int(router.about["ssdp_port"])) == ()


def test_every_gateway_that_answers_is_asked() -> None:
    with Router(Script(wan="192.168.0.5")) as inner, Router(Script(wan="203.0.113.20")) as outer:
        found = [Found("127.0.0.1", inner.pages.description), Found("127.0.0.2", outer.pages.description)]
        assert [one.wan for one in ask_gateways(found, Deadline(5))] == ["192.168.0.5", "203.0.113.20"]


@pytest.mark.parametrize(
    ("url", "sender", "fits"),
    [
        ("http://192.168.1.1:5000/root.xml", "192.168.1.1", True),
        ("http://192.168.1.1/root.xml", "192.168.1.2", True),
        ("http://203.0.113.9/root.xml", "192.168.1.1", False),
        ("http://127.0.0.1/root.xml", "192.168.1.1", False),
        ("http://100.64.0.1/root.xml", "192.168.1.1", False),
        ("https://192.168.1.1/root.xml", "192.168.1.1", False),
        ("http://router.lan/root.xml", "192.168.1.1", False),
        ("http://user@192.168.1.1/", "192.168.1.1", False),
        ("http://192.168.1.1:x/", "192.168.1.1", False),
        ("http://192.168.1.1/root.xml", "203.0.113.9", False),
        ("http://127.0.0.1:5000/", "127.0.0.1", True),
    ],
)
def test_nobody_can_send_us_elsewhere(url: str, sender: str, fits: bool) -> None:
    assert is_own_page(url, sender) is fits


def test_a_control_address_on_another_host_is_left_out() -> None:
    text = DEVICE.format(name="Box", service=PPP).replace("/ctl/IPConn", "http://192.168.1.9/ctl")
    described = read_description(text, "http://192.168.1.1/root.xml")
    assert described is not None
    assert described.services == ()


def test_a_description_with_entities_is_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><root>&b;</root>'
    assert read_description(bomb, "http://192.168.1.1/") is None


def test_a_device_that_is_no_gateway_is_left_out() -> None:
    with HttpPages(lambda asked: send_text(asked, 200, "<root><device/></root>", "text/xml")) as pages:
        assert ask_gateways([Found(HERE, f"{pages.url}/")], Deadline(5)) == ()


@given(st.text(max_size=200))
def test_no_answer_makes_the_readers_stumble(text: str) -> None:
    read_description(text, "http://192.168.1.1/")
    read_location(text.encode())
    is_own_page(text, "192.168.1.1")
    is_own_page(f"http://{text}/", "192.168.1.1")
