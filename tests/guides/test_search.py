"""People find the right section with their own words, and no words can break the search."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.guides.conftest import Shelf
from wizard.guides import Guides

QUESTIONS = {
    "plex shows local": "troubleshooting#everyone-local",
    "am i behind cgnat": "cgnat#how-to-tell",
    "what is cgnat": "cgnat#what-it-is",
    "buffering through tailscale": "troubleshooting#buffering-through-tailscale",
    "certificate error tv": "troubleshooting#certificate-error-tv",
    "remote access red": "troubleshooting#remote-access-red",
    "not available outside your network": "troubleshooting#remote-access-red",
    "indirect connection": "troubleshooting#indirect-connection",
    "502 bad gateway": "troubleshooting#bad-gateway",
    "where do I paste the custom server access URL?": "plex-mode#custom-url",
    "port forwarding does not work": "cgnat#why-it-blocks",
    "forgot password": "first-run#forgotten-password",
    "where is the setup code": "first-run#set-up-code",
    "tailscale key expired": "tailscale-plex#key-expiry",
    "starlink": "cgnat#carriers",
    "cloudflare video allowed": "routes#cloudflare-tunnel",
    "do my friends need plex pass": "bandwidth-limits#paywall",
    "limit is not applied": "bandwidth-limits#why-limits-are-skipped",
    "how many people can watch": "bandwidth-limits#what-saturates",
    "wireguard config": "connect#wireguard-vps",
    "double nat": "cgnat#double-nat",
    "docker localhost": "find-your-server#docker",
    "film stops after pause": "troubleshooting#pause",
    "people at home counted as remote": "local-vs-remote#reverse-mistake",
    "existing caddy": "apply#shared-caddy",
    "backup": "installing#data",
    "headscale": "tailscale-plex#headscale",
    "what does websocket do": "plex-mode#websocket",
    "port 32400 not working": "troubleshooting#port-closed",
    "remote access red but works": "troubleshooting#remote-access-red",
    "401 unauthorized": "troubleshooting#unauthorized",
    "upload limit 100mb": "troubleshooting#streaming-upload-cap",
    "jellyfin known proxies": "media-servers#jellyfin-known-proxies",
    "emby proxy headers": "media-servers#emby",
    "viewers show 172.18": "troubleshooting#everyone-local",
    "everyone is local": "troubleshooting#everyone-local",
    "t-mobile home internet": "cgnat#carriers",
    "websocket tautulli": "troubleshooting#no-live-updates",
    "key expired tailscale": "tailscale-plex#key-expiry",
    "cloudflare terms video": "routes#cloudflare-tunnel",
    "notifications ntfy": "notifications#addresses",
    "plex pass": "bandwidth-limits#paywall",
    "upgrade porthole": "installing#update",
    "restore backup": "installing#restore",
    "systemd": "installing#systemd",
    "phone test": "checks#phone",
    "change password": "first-run#password",
    "tautulli shows wrong ip": "local-vs-remote#what-plex-sees",
    "dns not found": "troubleshooting#dns-name-not-found",
    "port 443 blocked by isp": "routes#no-cgnat",
    "tv cannot connect": "troubleshooting#certificate-error-tv",
    "plex keeps asking for plex pass at home": "troubleshooting#home-remote",
    "uninstall": "installing#remove",
    "remove host": "apply#remove-host",
}


@pytest.mark.parametrize(("question", "target"), QUESTIONS.items())
def test_a_question_as_people_type_it_finds_its_section_first(guides: Guides, question: str, target: str) -> None:
    assert guides.search(question)[0].target == target


@pytest.mark.parametrize(
    "hostile",
    [
        "", " ", '"', '""', "'", "*", "a*", "AND", "OR", "NOT", "NEAR(a b)", "title:cgnat", "a AND", "(", ")",
        "a-b", "^a", "{title} : x", "\x00", "\x02cgnat\x03", "';DROP TABLE section;--", "%", "_", "😀", "\ud800",
        "x" * 10_000, "a " * 5_000,
    ],
)  # fmt: skip
def test_no_text_breaks_the_search(guides: Guides, hostile: str) -> None:
    assert len(guides.search(hostile)) <= 20


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_may_be_asked_for(guides: Guides, text: str) -> None:
    assert all(hit.target for hit in guides.search(text, 5))


def test_what_matched_is_marked_and_the_rest_is_escaped(shelf: Shelf) -> None:
    hit = shelf(nas="## H {#h}\n\nThe tunnel `<script>` is <b>up</b>.").search("tunnel")[0]
    assert hit.snippet == "The <mark>tunnel</mark> &lt;script&gt; is up."
    assert hit.page_title == "The nas page"


def test_word_forms_are_found_alike(shelf: Shelf) -> None:
    assert shelf(nas="## H {#h}\n\nIt buffers.").search("buffering")[0].target == "nas#h"


def test_text_before_the_first_heading_belongs_to_the_page(shelf: Shelf) -> None:
    assert shelf(nas="Zebras.\n\n## H {#h}\n\nHorses.").search("zebra")[0].target == "nas"


def test_no_more_than_asked_for_come_back(guides: Guides) -> None:
    assert len(guides.search("plex")) == 20
    assert len(guides.search("plex", 3)) == 3
    assert guides.search("plex", 0) == ()


def test_each_section_comes_back_once(guides: Guides) -> None:
    targets = [hit.target for hit in guides.search("tailscale direct relayed path", 50)]
    assert len(targets) == len(set(targets))


def test_pages_for_contributors_stand_behind_the_others(shelf: Shelf) -> None:
    guides = shelf(contributing__a="## Tunnel {#t}\n\nTunnel tunnel tunnel.", z="## H {#h}\n\nA tunnel.")
    assert [hit.page for hit in guides.search("tunnel")] == ["z", "contributing/a"]
