"""The five steps: what each takes, what it refuses, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.plex import Behaviour, Plex
from tests.fakes.ports import free_port
from tests.net.small import Small, answers
from tests.web.browsing import Page, Visitor, given_host, go_to, refused, send_step
from wizard.store import drafts
from wizard.web.joined import Joined, join

TOKEN = "a-very-secret-media-token"


# step 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Enter the home address of your media server"),
        ("living room", "Home address must be a host name or an IP address"),
        ("http://", "Home address must be a host name or an IP address"),
        ("192.168.1.300:32400", "Enter an address where every number is 255 or less"),
        ("192.168.1.20:99999", "Port must be between 1 and 65535"),
        ("192.168.1.20:0", "Port must be between 1 and 65535"),
        ("8.8.8.8:32400", "Enter the address used inside your home. 8.8.8.8 is on the internet"),
        ("ftp://192.168.1.20", "Home address must begin with http:// or https://"),
        ("http://me:pass@192.168.1.20", "Enter the home address without a user name or password"),
        ("x" * 60_000, "Home address must be a host name or an IP address"),
        ("{$ADMIN}", "Home address must be a host name or an IP address"),
    ],
)
def test_an_address_that_cannot_be_gets_a_sentence_and_stays_in_its_field(
    owner: Visitor, typed: str, says: str
) -> None:
    answer = send_step(owner, "server", media="plex", server_url=typed)
    assert refused(answer) == [says]
    assert Page(answer).value("server_url") == typed
    assert Page(owner.get("/hosts/new/server")).value("server_url") == typed


def test_localhost_in_a_container_is_the_container(owner: Visitor) -> None:
    join(
        owner.app.extensions,
        Joined(replace(owner.place, settings=replace(owner.place.settings, caddy_address="caddy"))),
    )
    says = refused(send_step(owner, "server", media="plex", server_url="localhost:32400"))[0]
    assert says.startswith("localhost means this app's own container. Use the address of the machine")


def test_nothing_that_listens_may_be_gone_past(owner: Visitor) -> None:
    where = f"127.0.0.1:{free_port()}"
    answer = send_step(owner, "server", media="plex", server_url=where)
    port = where.partition(":")[2]
    assert refused(answer) == [
        f"Nothing answers on port {port} at 127.0.0.1. Check that Plex is running and that the port is right"
    ]
    assert "Continue anyway" in answer.text
    assert (
        send_step(owner, "server", media="plex", server_url=where, anyway="1").headers["Location"]
        == "/hosts/new/route"
    )


def test_a_server_that_keeps_silent_may_be_gone_past(
    owner: Visitor, plex: Plex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.looking.SECONDS", 0.4)
    plex.change(behaviour=Behaviour.SILENT)
    answer = send_step(owner, "server", media="plex", server_url=plex.url)
    assert "did not answer within" in refused(answer)[0]
    assert "Continue anyway" in answer.text


def test_something_else_that_answers_is_named(owner: Visitor) -> None:
    with Small(answers("<html><title>FRITZ!Box</title></html>", headers="Content-Type: text/html\r\n")) as router:
        answer = send_step(owner, "server", media="plex", server_url=f"127.0.0.1:{router.port}")
    assert refused(answer) == ['Something answers, but it is not Plex, Jellyfin or Emby. It calls itself "FRITZ!Box"']
    assert "Continue anyway" not in answer.text


def test_another_kind_than_chosen_is_named(owner: Visitor, plex: Plex) -> None:
    says = refused(send_step(owner, "server", media="jellyfin", server_url=plex.url))[0]
    assert says == "Plex answers there, you chose Jellyfin. Choose Plex, or correct the address"


def test_a_server_that_anybody_could_claim_is_not_published(owner: Visitor, plex: Plex) -> None:
    plex.change(is_claimed=False)
    answer = send_step(owner, "server", media="plex", server_url=plex.url, anyway="1")
    assert refused(answer)[0].startswith("Plex still waits for its own first set-up.")
    assert "Continue anyway" not in answer.text


def test_no_kind_chosen(owner: Visitor, plex: Plex) -> None:
    assert refused(send_step(owner, "server", server_url=plex.url)) == ["Select Plex, Jellyfin, Emby or another"]
    assert refused(send_step(owner, "server", media="toaster", server_url=plex.url)) == [
        "Select Plex, Jellyfin, Emby or another"
    ]


def test_what_people_paste_is_cleaned(owner: Visitor, plex: Plex) -> None:
    assert (
        send_step(owner, "server", media="plex", server_url=f"  {plex.url}/web/index.html#!/home ").status_code == 303
    )
    assert Page(owner.get("/hosts/new/server")).value("server_url") == plex.url.removeprefix("http://")


def test_quick_start_plex_sets_what_plex_needs(owner: Visitor, plex: Plex) -> None:
    assert "Quick start for Plex, step by step" in owner.get("/hosts/new/server").text
    go_to(owner, "media", plex.url)
    page = Page(owner.get("/hosts/new/media"))
    for switch in ("plex_mode", "forward_client_ip", "websocket"):
        assert page.checked(switch) == ["y"]
    assert "External domain for Plex https://plex.example.com:" in page.words
    assert "Copy Plex custom URL" in page.words


# step 2


def test_every_way_in_says_why_it_is_good(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    words = Page(owner.get("/hosts/new/route")).words
    assert "The shortest way: no third party, no detour." in words
    assert "Nothing at home listens to the internet." in words


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Select how people will reach it"),
        ({"method": "relay"}, "Select how people will reach it"),
        ({"method": "carrier pigeon"}, "Select how people will reach it"),
        (
            {"method": "cloudflare"},
            "Tick that you know the terms of Cloudflare Tunnel, or select another way in",
        ),
    ],
)
def test_a_way_in_is_needed_and_sometimes_a_yes(
    owner: Visitor, plex: Plex, fields: dict[str, str], says: str
) -> None:
    go_to(owner, "route", plex.url)
    assert refused(send_step(owner, "route", **fields)) == [says]


def test_a_yes_to_cloudflare_s_terms_is_kept_until_the_way_in_changes(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "route", plex.url)
    assert send_step(owner, "route", method="cloudflare", consent="y").headers["Location"] == "/hosts/new/connect"
    page = Page(owner.get("/hosts/new/route"))
    assert (page.checked("method"), page.checked("consent")) == (["cloudflare"], ["y"])
    send_step(owner, "route", method="direct")
    assert Page(owner.get("/hosts/new/route")).checked("consent") == []


# step 3


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Enter the external domain"),
        ("plex", "External domain must be a full name with a dot in it, such as plex.example.com"),
        ("plex.example.com/web", "Enter the name without https:// or a path, for example plex.example.com"),
        ("plex_1.example.com", "_ is not allowed in an external domain"),
        ("*.example.com", "External domain must be one full name. Wildcards such as *.example.com are not used here"),
        ("203.0.113.9", "203.0.113.9 is an IP address. Enter a domain name, for example plex.example.com"),
        ("plex.example.com:443", "Enter the name without a port, for example plex.example.com"),
        ("a" * 260 + ".com", "External domain must not be longer than 253 characters"),
        ("plex example.com", "External domain must not contain spaces or line breaks"),
        ("plex.example.com\n}\nevil.com {", "External domain must not contain spaces or line breaks"),
        ("co.uk", "co.uk belongs to everybody. Enter a name below it, such as plex.co.uk"),
    ],
)
def test_a_name_that_cannot_be_gets_a_sentence(owner: Visitor, plex: Plex, typed: str, says: str) -> None:
    go_to(owner, "connect", plex.url)
    answer = send_step(owner, "connect", domain=typed)
    assert refused(answer) == [says]
    assert drafts.load_draft(owner.place.database).answers["typed"]["connect"]["domain"] == typed


def test_a_name_is_for_one_proxy_host(owner: Visitor, plex: Plex) -> None:
    given_host(owner.place, "plex.example.com")
    go_to(owner, "connect", plex.url)
    assert refused(send_step(owner, "connect", domain="https://PLEX.example.com/")) == [
        "plex.example.com is the external domain of another proxy host already"
    ]


def test_the_step_says_which_record_the_name_needs(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    assert (
        "point an A record for plex.example.com to the public address of Caddy"
        in Page(owner.get("/hosts/new/connect")).words
    )


# step 4


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"upload_mbps": "fast"}, "Upload speed must be a number, like 20"),
        ({"upload_mbps": "nan"}, "Upload speed must be a number, like 20"),
        ({"upload_mbps": "0.1"}, "Upload speed must be between 0.5 and 10000"),
        ({"upload_mbps": "1e9"}, "Upload speed must be between 0.5 and 10000"),
        ({"stream_limit_mbps": "7"}, "Select a limit"),
    ],
)
def test_limits_that_cannot_be_get_a_sentence(owner: Visitor, plex: Plex, fields: dict[str, str], says: str) -> None:
    go_to(owner, "media", plex.url)
    assert refused(send_step(owner, "media", **fields)) == [says]


def test_numbers_are_taken_as_people_write_them(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    assert send_step(owner, "media", upload_mbps="20,5 Mbit/s", stream_limit_mbps="8").status_code == 303
    words = Page(owner.get("/hosts/new/review")).words
    assert "Upload speed 20.5 Mbit/s" in words
    assert "Limit for one remote stream 8 Mbit/s" in words


def test_switching_headers_off_states_the_consequence_there_and_on_review(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    assert "Remote viewers can count as Local" in Page(owner.get("/hosts/new/media")).words
    send_step(owner, "media", plex_mode="y", websocket="y", stream_limit_mbps="")
    words = Page(owner.get("/hosts/new/review")).words
    assert "Remote viewers can count as Local" in words
    assert "Forward client IP headers Off" in words


def test_an_https_server_asks_how_it_is_verified(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.https_url)
    page = Page(owner.get("/hosts/new/media"))
    assert page.checked("verify_kind") == ["server-name"]  # its certificate is Plex's own
    assert page.value("verify_name").endswith(".plex.direct")
    assert plex.certificate.fingerprint_sha256.replace(":", "").upper()[:8] in page.words.replace(":", "")
    assert refused(send_step(owner, "media")) == ["Select how the server's certificate is verified"]
    assert refused(send_step(owner, "media", verify_kind="server-name", verify_name="")) == [
        "Enter the name that stands in the server's certificate"
    ]
    assert send_step(owner, "media", verify_kind="off", stream_limit_mbps="").status_code == 303
    assert "The server's certificate is not verified" in Page(owner.get("/hosts/new/review")).words


def test_a_token_is_sealed_at_once_and_shown_nowhere(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    assert TOKEN not in send_step(owner, "media", token=TOKEN, upload_mbps="fast").text
    draft = drafts.load_draft(owner.place.database)
    assert owner.place.vault.open(draft.sealed) == TOKEN
    assert TOKEN not in str(draft)
    assert "A token is saved" in owner.get("/hosts/new/media").text
    send_step(owner, "media", stream_limit_mbps="", forward_client_ip="y", websocket="y")
    for path in ("/", "/hosts/new/media", "/hosts/new/review"):
        assert TOKEN not in owner.get(path).text
        assert draft.sealed not in owner.get(path).text


def test_a_saved_token_can_be_forgotten(owner: Visitor, plex: Plex) -> None:
    go_to(owner, "media", plex.url)
    send_step(owner, "media", token=TOKEN)
    send_step(owner, "media", forget_token="y")
    assert "A token is saved" not in owner.get("/hosts/new/media").text
