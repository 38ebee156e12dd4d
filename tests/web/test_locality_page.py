"""What would my server call this address? The answer, the rule, and what it rests on."""

from __future__ import annotations

from tests.web.browsing import Page, Visitor, given_host
from wizard.core.hosts import ProxyHost
from wizard.core.locality import Surroundings
from wizard.core.streams import ServerSettings
from wizard.store import server_words


def answer(owner: Visitor, host: ProxyHost, query: str = "") -> Page:
    return Page(owner.get(f"/hosts/{host.key}/traffic/address{query}"))


def test_the_visitors_own_address_is_filled_in(owner: Visitor) -> None:
    page = answer(owner, given_host(owner.place))
    assert page.value("address") == "127.0.0.1"
    assert "127.0.0.1, which is you" in page.words


def test_the_answer_names_the_rule_and_the_settings_of_this_host(owner: Visitor) -> None:
    host = given_host(owner.place)
    around = Surroundings(own_subnets=("192.168.1.0/24",), wan_addresses=("198.51.100.77",), is_read=True)
    server_words.note_settings(owner.place.database, host.key, ServerSettings(around), reached_from="192.168.1.7")
    outside = answer(owner, host, "?address=203.0.113.9")
    assert "203.0.113.9: Remote" in outside.words
    assert "Plex takes the viewer's address 203.0.113.9 from the header." in outside.words
    assert outside.all("a", href="/help/local-vs-remote#rule-header")
    assert "192.168.1.0/24" in outside.words
    assert "198.51.100.77: Local" in answer(owner, host, "?address=198.51.100.77").words
    assert "2001:db8::9: Not certain" in answer(owner, host, "?address=2001:db8::9").words
    assert "100.101.1.12: Remote" in answer(owner, host, "?address=100.101.1.12&way=direct").words


def test_headers_that_are_off_change_the_answer(owner: Visitor) -> None:
    host = given_host(owner.place, forward_client_ip=False)
    words = answer(owner, host, "?address=203.0.113.9&proxy=127.0.0.1").words
    assert "203.0.113.9: Local" in words
    assert "Client-IP headers are off for this proxy host." in words


def test_what_is_no_address_is_said_so(owner: Visitor) -> None:
    host = given_host(owner.place)
    assert "“plex.tv” is no IP address" in answer(owner, host, "?address=plex.tv").words
    assert (
        "It is not known from which address the server is reached."
        in answer(owner, host, "?address=203.0.113.9&proxy=").words
    )
