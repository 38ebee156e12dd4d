"""Settings → Ways in → Port forwarding and IPv6: the person's own ports and addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.workplace import Workplace
from tests.store.samples import saved_host
from tests.web.browsing import Page, Visitor
from tests.web.test_connection import BLOCKED, measure
from wizard.net.machine import Kernel, own_six
from wizard.store import hosts


def test_the_way_straight_in_names_ports_and_router(owner: Visitor, place: Workplace) -> None:
    words = Page(owner.get("/settings/ways/direct")).words
    assert f"port {place.edge.https_port} of that machine" in words
    assert "It is not known here yet." in words
    measure(place, BLOCKED)
    words = Page(owner.get("/settings/ways/direct")).words
    assert "This will not work here as it is" in words
    assert "You are behind CGNAT: your router's address is 100.64.0.2" in words
    assert f"192.168.1.50:{place.edge.https_port}" in words


def test_each_proxy_host_that_uses_it_can_be_proven(owner: Visitor, place: Workplace) -> None:
    assert "No proxy host uses this way in yet" in Page(owner.get("/settings/ways/ipv6")).words
    key = saved_host(place.database, method="ipv6").key
    answer = owner.get("/settings/ways/ipv6")
    assert f'href="/hosts/{key}/visits"' in answer.text
    assert "AAAA record" in Page(answer).words
    assert hosts.load_host(place.database, key)


@pytest.mark.parametrize(("text", "count"), [("", 0), ("20010db8000000000000000000000050 02 40 00 80 eth0\n", 1)])
def test_addresses_are_those_of_the_kernels_own_table(tmp_path: Path, text: str, count: int) -> None:
    assert own_six(Kernel(proc=tmp_path)) == ()
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "if_inet6").write_text(text)
    assert len(own_six(Kernel(proc=tmp_path))) == count
