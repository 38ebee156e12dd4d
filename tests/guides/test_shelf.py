"""Finding pages and sections, and the rules a file must keep to be on the shelf."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guides.conftest import Shelf
from wizard.guides import GuideError, Guides

NESTED = """
Before the first heading.

## First {#first}

One.

### Inside {#inside}

Two.

## Second {#second}

Three.
"""


def test_a_page_has_its_title_and_its_sections(shelf: Shelf) -> None:
    page = shelf(nas=NESTED).page("nas")
    assert page is not None
    assert page.title == "The nas page"
    assert [(section.id, section.level) for section in page.sections] == [("first", 2), ("inside", 3), ("second", 2)]
    assert "Before the first heading." in page.html


def test_a_page_or_section_that_does_not_exist_is_none(shelf: Shelf) -> None:
    guides = shelf(nas=NESTED)
    assert guides.page("router") is None
    assert guides.section("nas#third") is None
    assert guides.section("nas") is None
    assert not guides.has("nas#third")
    assert guides.has("nas#second")
    assert guides.has("nas")


def test_a_section_ends_at_the_next_heading_of_its_own_level(shelf: Shelf) -> None:
    section = shelf(nas=NESTED).section("nas#first")
    assert section is not None
    assert section.html.startswith('<h2 id="help-first">First</h2>')
    assert "Two." in section.html
    assert "Three." not in section.html


def test_an_inner_section_stands_alone(shelf: Shelf) -> None:
    section = shelf(nas=NESTED).section("nas#inside")
    assert section is not None
    assert "One." not in section.html
    assert "Three." not in section.html
    assert section.target == "nas#inside"
    assert section.level == 3
    assert section.html.startswith('<h2 id="help-inside">Inside</h2>')


def test_the_words_of_a_section_leave_out_its_subsections(shelf: Shelf) -> None:
    section = shelf(nas=NESTED).section("nas#first")
    assert section is not None
    assert section.text == "One."


def test_a_page_in_a_folder_has_a_slash_in_its_slug(shelf: Shelf) -> None:
    guides = shelf(contributing__adding="## More {#more}\n\nText.")
    assert guides.has("contributing/adding#more")


def test_pages_stand_in_order_with_neighbours(shelf: Shelf) -> None:
    guides = shelf(first="One.", second="Two.", third="Three.")
    assert [page.slug for page in guides.pages] == ["first", "second", "third"]
    before, after = guides.previous("second"), guides.next("second")
    assert before is not None
    assert before.slug == "first"
    assert after is not None
    assert after.slug == "third"
    assert guides.previous("first") is None
    assert guides.next("third") is None
    assert guides.next("nowhere") is None


def test_a_number_sign_inside_code_is_no_heading(shelf: Shelf) -> None:
    page = shelf(nas='## Real {#real}\n\n```bash title="In a terminal"\n# only a comment\n```\n').page("nas")
    assert page is not None
    assert [section.id for section in page.sections] == ["real"]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("## No id here", "no fixed id"),
        ("# Title {#title}", "belongs in the front matter"),
        ("## One {#same}\n\n## Two {#same}", "used twice"),
        ("Ask `[[nobody]]`.", "nobody fills in"),
        ("Open [[domain]] now.", "outside code"),
        ("[a link](https://[[domain]]/)", "outside code"),
        ("## About `[[domain]]` {#about}", "headings stay the same"),
    ],
)
def test_a_guide_that_breaks_a_rule_is_refused_by_name(shelf: Shelf, body: str, complaint: str) -> None:
    with pytest.raises(GuideError, match=complaint) as refused:
        shelf(nas=body)
    assert str(refused.value).startswith("nas: ")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("## No front matter {#no}\n", "front matter"),
        ("---\ntitle: Nas\n---\n", "lacks order, group, summary, reviewed"),
        ("---\ntitle: N\norder: x\ngroup: G\nsummary: S\nreviewed: 2026-11-24\n---\n", "order is a number"),
        ("---\ntitle: N\norder: 1\ngroup: G\nsummary: S\nreviewed: soon\n---\n", "reviewed a date"),
    ],
)
def test_front_matter_has_to_be_complete(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "nas.md").write_text(text, encoding="utf-8")
    with pytest.raises(GuideError, match=complaint):
        Guides.load(tmp_path)
