"""The person's own values in the text: escaped, only where they belong, never a secret."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.guides.conftest import Shelf
from wizard.guides import PLACEHOLDERS, Guides
from wizard.guides.placeholders import fill, mark

BODY = """
## Where {#where}

Open `[[domain]]`.

```bash title="In a terminal"
curl https://[[domain]]/ | grep [[home_host]]
```
"""


def test_a_known_value_stands_in_text_and_in_coloured_code(shelf: Shelf) -> None:
    page = shelf(nas=BODY).page("nas", {"domain": "plex.my-home.org", "home_host": "10.0.0.5"})
    assert page is not None
    assert page.html.count('<span class="value">plex.my-home.org</span>') == 2
    assert '<span class="value">10.0.0.5</span>' in page.html
    assert page.examples == ()


def test_an_unknown_value_is_an_example_and_says_so(shelf: Shelf) -> None:
    section = shelf(nas=BODY).section("nas#where", {"domain": "plex.my-home.org", "home_host": None})
    assert section is not None
    assert '<span class="value value-example">192.168.1.20</span>' in section.html
    assert section.examples == ("home_host",)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "a&b<c>",
        "</code></pre><h1>",
        "'\"`",
        "\\1 \\g<0>",
    ],
)
def test_a_hostile_value_is_shown_as_text(shelf: Shelf, hostile: str) -> None:
    page = shelf(nas=BODY).page("nas", {"domain": hostile})
    assert page is not None
    assert page.html.count(html.escape(hostile)) == 2
    assert "<script" not in page.html
    assert "<img" not in page.html


@given(st.text())
def test_no_value_adds_a_tag_or_a_line(value: str) -> None:
    filled, _ = fill(mark("[[domain]]"), {"domain": value})
    assert filled.count("<") == filled.count(">") == 2
    assert "\n" not in filled
    assert len(html.unescape(filled)) < 400


def test_a_value_that_looks_like_a_placeholder_is_left_alone() -> None:
    filled, _ = fill(mark("[[domain]]"), {"domain": "[[upstream]]"})
    assert ">[[upstream]]<" in filled


def test_no_placeholder_is_a_secret() -> None:
    for name in PLACEHOLDERS:
        assert not any(word in name for word in ("token", "secret", "password", "key", "code"))


def test_no_mark_is_left_in_any_shipped_page(guides: Guides) -> None:
    for page in guides.pages:
        filled = guides.page(page.slug)
        assert filled is not None
        assert "zq" not in filled.html
        assert "[[" not in filled.html.replace("[[name]]", "")


def test_the_search_never_shows_a_mark(guides: Guides) -> None:
    assert all("zq" not in hit.snippet for hit in guides.search("custom server access url domain", 50))
