"""The token of a media server: tested before it is saved, never shown again, gone when it is removed."""

from __future__ import annotations

import pytest

from tests.fakes.plex import Behaviour, Plex
from tests.web.browsing import Page, Visitor, given_host, go_to, refused, send_step
from wizard.core.hosts import ProxyHost, Upstream
from wizard.core.refusal import Refusal
from wizard.store import drafts, hosts
from wizard.web.tokens import read_token


@pytest.fixture
def host(owner: Visitor, plex: Plex) -> ProxyHost:
    return given_host(owner.place, upstream=Upstream("plex", "http", "127.0.0.1", plex.port))


def kept(owner: Visitor, host: ProxyHost) -> str:
    return owner.place.vault.open(hosts.sealed_token(owner.place.database, host.key))


def test_a_token_that_plex_takes_is_saved_and_never_shown_again(owner: Visitor, host: ProxyHost, plex: Plex) -> None:
    address = f"/hosts/{host.key}/token"
    assert owner.post(address, token=f"  {plex.token}\n").status_code == 303
    assert kept(owner, host) == plex.token
    page = owner.get(address)
    assert "A token is saved" in Page(page).words
    assert plex.token not in page.text
    assert plex.token not in owner.get(f"/hosts/{host.key}/edit").text
    owner.post(f"{address}/remove")
    assert kept(owner, host) == ""
    assert "A token is saved" not in Page(owner.get(address)).words


def test_the_whole_address_of_view_xml_will_do(owner: Visitor, host: ProxyHost, plex: Plex) -> None:
    typed = f"https://192-168-1-20.abc.plex.direct:32400/library/metadata/1?X-Plex-Token={plex.token}"
    owner.post(f"/hosts/{host.key}/token", token=typed)
    assert kept(owner, host) == plex.token


def test_a_token_that_plex_does_not_take_is_not_saved(owner: Visitor, host: ProxyHost, plex: Plex) -> None:
    address = f"/hosts/{host.key}/token"
    wrong = owner.post(address, token="somebody-elses", anyway="y")
    assert refused(wrong) == ["Plex does not know this token (status 401). It was not saved"]
    assert "somebody-elses" not in wrong.text
    guest = refused(owner.post(address, token=plex.settings.guest_token))
    assert guest == ["This token may not see who is watching (status 403). Use the owner's. It was not saved"]
    assert kept(owner, host) == ""


def test_a_server_that_gives_no_answer_can_be_given_a_token_all_the_same(
    owner: Visitor, host: ProxyHost, plex: Plex
) -> None:
    plex.change(behaviour=Behaviour.CLOSE)
    address = f"/hosts/{host.key}/token"
    (sentence,) = refused(owner.post(address, token="a-new-token"))
    assert sentence.startswith("Plex did not answer")
    assert owner.post(address, token="a-new-token", anyway="y").status_code == 303
    assert kept(owner, host) == "a-new-token"


@pytest.mark.parametrize(
    "typed", ["", "two words", "tök", "x" * 5000, "https://app.plex.tv/desktop", "https://[nowhere?X-Plex-Token=a"]
)
def test_what_is_no_token_is_refused_in_a_sentence(typed: str) -> None:
    assert isinstance(read_token(typed), Refusal)


def test_leaving_the_wizard_keeps_the_token_and_not_the_address_around_it(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    typed = f"https://app.plex.tv/x?X-Plex-Token={plex.token}"
    assert send_step(owner, "media", token=typed, leave="y").status_code == 303
    sealed = drafts.load_draft(owner.place.database).sealed
    assert owner.place.vault.open(sealed) == plex.token


def test_the_wizard_asks_plex_before_it_keeps_a_token(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    fields = {"plex_mode": "y", "forward_client_ip": "y", "websocket": "y", "stream_limit_mbps": ""}
    wrong = send_step(owner, "media", token="somebody-elses", **fields)
    assert refused(wrong) == ["Plex does not know this token (status 401). It was not saved"]
    assert "somebody-elses" not in wrong.text
    assert send_step(owner, "media", token=plex.token, **fields).status_code == 303
    page = owner.get("/hosts/new/media")
    assert "A token is saved" in Page(page).words
    assert plex.token not in page.text
