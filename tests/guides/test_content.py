"""The guides as they are shipped: whole, linked, in our words, and with an answer to every finding."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from tests.guides.conftest import DOCS
from wizard.checks import CHECKS
from wizard.guides import Guides
from wizard.settings_table import SETTINGS

BANNED = re.compile(
    r"\b(invalid|valid|illegal|forbidden|please|sorry|oops|simply|just|error occurred|something went wrong)\b",
    re.IGNORECASE,
)
# one word per thing: "home address", "way in", "server" are used instead
OTHER_WORDS = re.compile(r"\b(origin|ingress|endpoint|backend|back-end)s?\b", re.IGNORECASE)

FINDINGS = re.findall(
    r"\S+",
    """
    upstream-refused upstream-timed-out upstream-name-not-found upstream-certificate upstream-not-a-media-server
    upstream-wrong-kind upstream-closed upstream-unclaimed upstream-not-verified identity-not-provable
    dns-name-not-found dns-no-address dns-private-address
    dns-cgnat-address dns-doubled dns-wrong-address dns-could-not-ask
    dns-differs dns-authority-silent dns-not-everywhere dns-broken dns-dnssec dns-own-resolver dns-stale-aaaa
    dns-cloudflare dns-points-home dns-split dns-caa tls-refused tls-timed-out tls-expired
    tls-hairpin tls-missing-intermediate tls-only-newest tls-only-old tls-young-root
    tls-name-mismatch tls-untrusted tls-no-certificate tls-expires-soon tls-own-authority identity-other-server
    identity-other-thing identity-bad-gateway identity-no-answer headers-off headers-hop-address
    headers-several-addresses headers-forged-accepted headers-missing headers-plex-changed headers-scheme-wrong
    headers-echo-not-ours websocket-off websocket-refused websocket-stripped websocket-closed-early
    websocket-token-refused apply-caddy-down apply-refused apply-conflict apply-restored check-could-not-run
    check-no-result
    reach-refused reach-filtered reach-wrong-server reach-hairpin reach-http-port events-none events-cut
    events-buffered streaming-no-range streaming-wrong-bytes streaming-cut streaming-no-accept-ranges streaming-slow
    streaming-upload-refused streaming-upload-cap streaming-echo-not-ours stall-cut stall-wrong-bytes
    stall-echo-not-ours exposure-open exposure-set-up-open exposure-admin exposure-allowed-networks
    exposure-lan-networks drift-differs drift-caddy-old drift-stall-option drift-shared-option drift-caddy-down
    issuance-working issuance-not-started issuance-elsewhere issuance-unreachable issuance-other-server
    issuance-name-not-found issuance-dns-broken issuance-some-places issuance-no-challenge issuance-caa
    issuance-rate-limited issuance-limits issuance-name-refused issuance-account issuance-authority-down
    issuance-authority-unreachable issuance-authority-untrusted issuance-storage issuance-private-address
    issuance-ipv6-first issuance-unknown phone-same-network phone-place-unknown phone-address-lost
    phone-address-private phone-address-changed phone-ipv6 phone-certificate-warned phone-not-encrypted phone-slow
    phone-websocket-refused phone-websocket-cut phone-not-measured
    """,
)

NAMED = ["cgnat", "tailscale-plex", "troubleshooting", "local-vs-remote", "bandwidth-limits"]


def prose(page_html: str) -> str:
    """The words of a page without code and tables' markup, blocks ended by a full stop."""
    text = re.sub(r"<(pre|code|button)\b.*?</\1>", " ", page_html, flags=re.DOTALL)
    text = re.sub(r"</(p|li|td|th|h\d|dt|dd|figcaption)>", ". ", text)
    return html.unescape(re.sub(r"<[^>]+>", "", text))


def hrefs(guides: Guides, slug: str) -> Iterator[str]:
    page = guides.page(slug)
    assert page is not None
    yield from re.findall(r'href="/help/([^"]*)"', page.html)


def test_the_guides_asked_for_by_name_are_there(guides: Guides) -> None:
    assert all(guides.has(slug) for slug in NAMED)


@pytest.mark.parametrize("code", FINDINGS)
def test_every_finding_has_its_section_with_cause_weight_and_remedy(guides: Guides, code: str) -> None:
    section = guides.section(f"troubleshooting#{code}")
    assert section is not None
    for part in ("What it means.", "Why it matters.", "What to do"):
        assert f"<strong>{part}</strong>" in section.html
    steps = re.findall(r"<li>", section.html)
    assert 1 <= len(steps) <= 5


def test_every_symptom_has_a_row_in_the_list_of_symptoms(guides: Guides) -> None:
    page = guides.page("troubleshooting")
    assert page is not None
    ids = [section.id for section in page.sections]
    symptoms = ids[ids.index("symptoms") + 1 : ids.index("by-check")]
    assert len(symptoms) >= 19
    table = page.html[page.html.index('id="symptoms"') : page.html.index(f'id="{symptoms[0]}"')]
    assert symptoms == re.findall(r'href="/help/troubleshooting#([^"]+)"', table)


def test_every_group_of_findings_has_a_row_in_the_list_of_checks(guides: Guides) -> None:
    page, listed = guides.page("troubleshooting"), guides.section("troubleshooting#by-check")
    assert page is not None
    assert listed is not None
    groups = [section.id for section in page.sections if section.id.startswith("findings-")]
    assert groups == re.findall(r'href="/help/troubleshooting#(findings-[^"]+)"', listed.html)
    assert [check.title for check in CHECKS.values() if check.title not in html.unescape(listed.html)] == []


def test_every_link_between_guides_leads_somewhere(guides: Guides) -> None:
    broken = [
        f"{page.slug} -> {link}" for page in guides.pages for link in hrefs(guides, page.slug) if not guides.has(link)
    ]
    assert broken == []


def test_no_guide_is_an_orphan(guides: Guides) -> None:
    linked = {
        link.partition("#")[0] for page in guides.pages for link in hrefs(guides, page.slug) if link != page.slug
    }
    # architecture is where contributors begin; the contents list shows it under its own group
    assert {page.slug for page in guides.pages} - linked <= {
        "contributing/architecture",
        "glossary",
        "security",
    }


def test_every_decision_is_in_the_list_of_decisions(guides: Guides) -> None:
    listed = guides.section("contributing/architecture#decisions")
    assert listed is not None
    slugs = {page.slug for page in guides.pages if page.slug.startswith("contributing/decisions/")}
    assert slugs == set(re.findall(r'href="/help/(contributing/decisions/[^"]+)"', listed.html))


def test_ids_are_unique_on_each_page(guides: Guides) -> None:
    for page in guides.pages:
        ids = re.findall(r'\bid="([^"]+)"', page.html)
        assert len(ids) == len(set(ids)), page.slug


def test_every_region_of_a_page_has_a_name_of_its_own(guides: Guides) -> None:
    for page in guides.pages:
        labels = re.findall(r'role="region" [^<>]*?aria-label="([^"]+)"', page.html)
        labels += [
            re.sub(r"<[^>]+>", "", caption)
            for label in re.findall(r'role="region" aria-labelledby="([^"]+)"', page.html)
            for caption in re.findall(rf'<span id="{label}">(.*?)</span>', page.html)
        ]
        assert len(labels) == len(set(labels)) == page.html.count('role="region"'), page.slug


def test_every_column_has_a_heading(guides: Guides) -> None:
    assert [page.slug for page in guides.pages if re.search(r"<th>\s*</th>", page.html)] == []


def test_every_picture_exists_and_says_what_it_shows(guides: Guides) -> None:
    used = set()
    for page in guides.pages:
        for source, words in re.findall(r'<img src="/help/([^"]*)" alt="([^"]*)"', page.html):
            assert (DOCS / source).is_file(), source
            assert len(words.split()) >= 8, f"{page.slug}: {source}"
            used.add(source)
        assert page.html.count("<img") == page.html.count('class="picture"')
    assert used == {f"pictures/{path.name}" for path in guides.pictures.iterdir()}


def test_pictures_are_complete_by_themselves(guides: Guides) -> None:
    for path in guides.pictures.iterdir():
        root = ET.parse(path).getroot()
        tags = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "style", "rect", "text", "path", "g"}, path.name
        assert root.findtext("{http://www.w3.org/2000/svg}title")
        assert len((root.findtext("{http://www.w3.org/2000/svg}desc") or "").split()) >= 8, path.name
        text = path.read_text(encoding="utf-8")
        assert "prefers-color-scheme: dark" in text
        assert "href" not in text
        assert "url(" not in text


def test_code_boxes_say_what_they_are_and_where_they_go(guides: Guides) -> None:
    for page in guides.pages:
        assert "<span id=" not in page.html or ">Example</span>" not in page.html, page.slug


def test_the_words_we_do_not_use_are_not_used(guides: Guides) -> None:
    found = [f"{page.slug}: {hit[0]}" for page in guides.pages for hit in BANNED.finditer(prose(page.html))]
    assert found == []


def test_the_guides_for_users_have_one_word_per_thing(guides: Guides) -> None:
    users = [page for page in guides.pages if not page.slug.startswith("contributing/")]
    found = [f"{page.slug}: {hit[0]}" for page in users for hit in OTHER_WORDS.finditer(prose(page.html))]
    assert found == []


def test_speeds_are_written_in_mbit(guides: Guides) -> None:
    assert [page.slug for page in guides.pages if re.search(r"\d\s?(Mbps|MBit|mbps|Mb/s)", prose(page.html))] == []


def test_no_section_is_empty(guides: Guides) -> None:
    empty = [section.target for page in guides.pages for section in page.sections if len(section.html.split()) < 8]
    assert empty == []


def test_the_settings_page_names_exactly_the_settings_there_are(guides: Guides) -> None:
    section = guides.section("settings#variables")
    assert section is not None
    assert re.findall(r"<td><code>(PORTHOLE_\w+)</code></td>", section.html) == [row.name for row in SETTINGS]


def test_the_settings_page_says_of_each_setting_what_the_program_says() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(PORTHOLE_\w+)` \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert {name: (bare(sets), bare(without)) for name, sets, without in rows} == {
        row.name: (bare(row.description), bare(row.default)) for row in SETTINGS
    }


def bare(markdown: str) -> str:
    """A cell without code marks, and without the link to a guide that may follow its words."""
    return re.sub(r"\[[^\]]*\]\([^)]*\)", "", markdown).replace("`", "").strip()


def test_the_reading_grade_is_known(guides: Guides, capsys: pytest.CaptureFixture[str]) -> None:
    # headings and table cells are no sentences, and would make every page look easier than it is
    running = {page.slug: re.sub(r"<(table|h\d)\b.*?</\1>", " ", page.html, flags=re.DOTALL) for page in guides.pages}
    grades = {slug: reading_grade(prose(text)) for slug, text in running.items()}
    with capsys.disabled():
        print("\nreading grade: " + ", ".join(f"{slug} {grade:.1f}" for slug, grade in grades.items()))
    assert grades.keys() == {page.slug for page in guides.pages}


def reading_grade(text: str) -> float:
    """Flesch-Kincaid grade with a rough count of syllables: groups of vowels, without a silent e."""
    words = re.findall(r"[A-Za-z']+", text)
    sentences = [part for part in re.split(r"[.!?:]+\s", text) if re.search(r"[A-Za-z]", part)]
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / max(1, len(sentences)) + 11.8 * syllables / max(1, len(words)) - 15.59
