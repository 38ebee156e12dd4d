"""Markdown becomes safe HTML in our own dress."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.guides.conftest import Shelf
from wizard.guides.rendering import sanitised

PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 380 200"></svg>'


def html_of(shelf: Shelf, body: str, slug: str = "nas") -> str:
    page = shelf(**{slug.replace("/", "__"): body}).page(slug)
    assert page is not None
    return page.html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<p style="position:fixed">x</p>',
        "<svg><script>alert(1)</script></svg>",
        '<iframe src="https://example.com"></iframe>',
        '<form action="/x"><input name="a"></form>',
        '<details ontoggle="alert(1)" open>x</details>',
        "<style>p { color: red }</style>",
        '<math><mtext><img src="x" onerror="alert(1)"></mtext></math>',
    ],
)
def test_whatever_could_run_or_restyle_is_dropped(hostile: str) -> None:
    left = sanitised(f"<p>before</p>{hostile}<p>after</p>").lower()
    for bad in (
        "<script",
        "onerror",
        "ontoggle",
        "javascript:",
        "data:",
        "style",
        "<svg",
        "<iframe",
        "<form",
        "<input",
    ):
        assert bad not in left
    assert "before" in left
    assert "after" in left


def test_a_script_in_a_guide_never_reaches_the_page(shelf: Shelf) -> None:
    html = html_of(shelf, 'Hello.\n\n<script>alert(1)</script>\n\n<p onclick="alert(1)">There</p>')
    assert "alert" not in html
    assert "There" in html


def test_code_comes_with_a_caption_and_a_copy_button(shelf: Shelf) -> None:
    html = html_of(shelf, '```bash title="On the VPS, in a terminal"\nsudo tailscale up\n```\n')
    assert '<figure class="snippet"><figcaption><span id="nas-label-1">On the VPS, in a terminal</span>' in html
    assert 'data-copy="nas-code-1" aria-describedby="nas-label-1"' in html
    assert '<pre class="highlight" tabindex="0" role="region" aria-labelledby="nas-label-1">' in html
    assert re.sub(r"<[^>]+>", "", html).strip().endswith("sudo tailscale up")


def test_coloured_code_uses_class_names_only(shelf: Shelf) -> None:
    html = html_of(shelf, '```yaml title="docker-compose.yml"\nservices:\n  web: {}\n```\n')
    assert re.search(r'<span class="\w+">services', html)
    assert "style=" not in html


def test_a_picture_becomes_a_figure_with_its_size_and_caption(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "path.svg").write_text(PICTURE)
    html = html_of(shelf, '![What it shows](pictures/path.svg "The caption")')
    assert html.startswith('<figure class="picture"><img src="/help/pictures/path.svg" alt="What it shows"')
    assert 'width="380" height="200"' in html
    assert "<figcaption>The caption</figcaption></figure>" in html


def test_a_table_scrolls_in_a_named_box(shelf: Shelf) -> None:
    html = html_of(shelf, "| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert '<div class="table-box" role="region" tabindex="0" aria-label="Table: The nas page"><table>' in html
    assert html.endswith("</table></div>")


def test_links_between_guides_become_addresses_of_the_reader(shelf: Shelf) -> None:
    html = html_of(
        shelf, "[a](routes.md#direct) [b](routes.md) [c](#here) [d](https://example.com/x.md)\n\n## H {#here}"
    )
    for address in ("/help/routes#direct", "/help/routes", "/help/nas#here", "https://example.com/x.md"):
        assert f'href="{address}"' in html


def test_links_from_a_folder_are_relative_to_it(shelf: Shelf) -> None:
    html = html_of(shelf, "[a](../routes.md) [b](why.md#x) [c](deeper/y.md)", "contributing/adding")
    for address in ("/help/routes", "/help/contributing/why#x", "/help/contributing/deeper/y"):
        assert f'href="{address}"' in html


def test_ids_in_a_section_beside_a_form_cannot_meet_those_of_the_form(shelf: Shelf) -> None:
    body = '## Domain {#domain}\n\n### Port {#port}\n\n```text title="What"\nx\n```\n'
    section = shelf(nas=body).section("nas#domain")
    assert section is not None
    ids = re.findall(r'id="([^"]+)"', section.html)
    assert len(ids) == len(set(ids)) == 4
    assert all(found.startswith("help-") for found in ids)


def test_notes_and_definitions_are_understood(shelf: Shelf) -> None:
    html = html_of(
        shelf, '!!! warning "Take care"\n    Hot.\n\n??? note "More"\n    Text.\n\nNAT\n:   Translation.\n'
    )
    assert '<div class="admonition warning">' in html
    assert "<details" in html
    assert "<dt>NAT</dt>" in html
