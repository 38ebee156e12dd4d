"""The parts of pages: what their HTML must hold, whatever the values are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, get_template_attribute

from wizard import web
from wizard.web import pictures, styles_page
from wizard.web import styles_samples as samples

TEMPLATES = Path(web.__file__).parent / "templates"
HOSTILE = '<script>alert("x")</script>'
WORDS_WE_DO_NOT_USE = r"\b(invalid|illegal|forbidden|oops|please|sorry|simply|error occurred|something went wrong)\b"


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("wizard.web")
    app.config["TESTING"] = True
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    styles_page.register(app)
    with app.test_request_context():
        yield app


@pytest.fixture
def page(app: Flask) -> str:
    return app.test_client().get("/_styles").text


def part(file: str, macro: str, *values: Any, **named: Any) -> str:
    return str(get_template_attribute(f"parts/{file}.html", macro)(*values, **named))


class Elements(HTMLParser):
    """Every start tag of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, {name: value or "" for name, value in attrs}))

    def one(self, tag: str, **wanted: str) -> dict[str, str]:
        found = [have for name, have in self.all if name == tag and wanted.items() <= have.items()]
        assert len(found) == 1, (tag, wanted, found)
        return found[0]


def macros() -> list[str]:
    inner = {
        "described",
        "notes_of",
        "is_optional",
        "control",
        "frame",
        "secret_input",
        "choice_id",
        "cell_content",
        "csrf",
    }
    names = [
        name
        for path in sorted(TEMPLATES.glob("parts/*.html"))
        for name in re.findall(r"macro (\w+)\(", path.read_text(encoding="utf-8"))
    ]
    return [name for name in names if name not in inner]


@pytest.mark.parametrize("name", macros())
def test_every_part_is_shown_on_the_style_pages(name: str) -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("styles/*.html"))
    parts = "".join(
        path.read_text(encoding="utf-8") for path in [*TEMPLATES.glob("parts/*.html"), TEMPLATES / "layout.html"]
    )
    calls = len(re.findall(rf"\b{name}\(", shown)) or len(re.findall(rf"(?<!macro ){name}\(", parts))
    assert calls > 0


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "state", [*samples.STATES, *samples.VERDICTS, "connected", "stopped", "unreached", "never heard of"]
)
def test_a_state_is_a_word_an_icon_and_a_colour(state: str) -> None:
    tag = part("states", "tag", state)
    assert re.search(r"icons\.svg#[a-z]", tag)
    assert re.search(r"tone-(ok|warn|bad|neutral|info)\b", tag)
    assert re.search(r"<span>[A-Z][a-z ]+</span>", tag)


@pytest.mark.usefixtures("app")
def test_a_failed_field_names_its_hint_first_and_its_error_second() -> None:
    found = Elements(part("fields", "text_field", samples.failed_form().domain))
    box = found.one("input", id="failed-domain")
    assert box["aria-describedby"] == "failed-domain-hint failed-domain-error"
    assert box["aria-invalid"] == "true"
    assert {have.get("id") for _, have in found.all} >= {"failed-domain-hint", "failed-domain-error"}


@pytest.mark.usefixtures("app")
def test_a_field_that_holds_is_not_marked_in_any_way() -> None:
    box = Elements(part("fields", "text_field", samples.filled_form().domain)).one("input")
    assert box["value"] == "plex.example.com"
    assert not {"aria-invalid", "required", "maxlength", "autocomplete", "placeholder"} & box.keys()
    assert (box["spellcheck"], box["autocapitalize"]) == ("false", "none")


@pytest.mark.usefixtures("app")
def test_only_optional_fields_say_so() -> None:
    form = samples.filled_form()
    assert "(optional)" in part("fields", "number_field", form.upload)
    assert "(optional)" not in part("fields", "number_field", form.port)


@pytest.mark.usefixtures("app")
def test_a_number_is_typed_as_text_with_a_numeric_keyboard() -> None:
    form = samples.filled_form()
    assert Elements(part("fields", "number_field", form.port)).one("input")["inputmode"] == "numeric"
    box = Elements(part("fields", "number_field", form.upload, decimal=True)).one("input")
    assert (box["type"], box["inputmode"]) == ("text", "decimal")


@pytest.mark.usefixtures("app")
def test_a_secret_is_never_sent_back() -> None:
    form = samples.SampleForm(data={"token": "very-secret", "saved_token": "very-secret"})
    both = part("fields", "secret_field", form.token) + part(
        "fields", "secret_field", form.saved_token, saved="Saved"
    )
    assert "very-secret" not in both
    assert both.count('autocomplete="off"') == 2


@pytest.mark.usefixtures("app")
def test_the_first_radio_carries_the_id_that_the_error_summary_links_to() -> None:
    found = Elements(part("fields", "radios", samples.failed_form().server))
    assert found.one("input", id="failed-server")["value"] == "plex"
    assert found.one("fieldset")["aria-describedby"] == "failed-server-error"


@pytest.mark.usefixtures("app")
def test_exactly_the_chosen_radio_is_checked() -> None:
    for html in (
        part("fields", "radios", samples.filled_form().server),
        part("fields", "rich_radios", samples.filled_form().route, samples.OPTIONS),
    ):
        chosen = [have["value"] for tag, have in Elements(html).all if tag == "input" and "checked" in have]
        assert len(chosen) == 1


@pytest.mark.usefixtures("app")
def test_a_switch_shows_its_consequence_only_while_it_is_off() -> None:
    html = part(
        "fields", "switch_field", samples.filled_form().headers, off_title="Remote viewers can count as Local"
    )
    assert re.search(r'class="reveal when-off">.*Remote viewers can count as Local', html, re.DOTALL)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "errors",
    [{"domain": ["Enter the external domain"]}, [{"field": "domain", "text": "Enter the external domain"}]],
    ids=["as WTForms has them", "as a list"],
)
def test_the_error_summary_links_to_the_field(errors: Any) -> None:
    html = part("page", "error_summary", errors)
    assert Elements(html).one("a")["href"] == "#domain"
    assert "Enter the external domain" in html


@pytest.mark.usefixtures("app")
def test_no_errors_make_no_summary() -> None:
    assert part("page", "error_summary", []).strip() == ""


@pytest.mark.usefixtures("app")
def test_a_snippet_has_a_named_region_a_visible_button_and_the_exact_text() -> None:
    html = part("snippets", "snippet", samples.CADDYFILE, "Caddyfile – on your VPS", "c1")
    found = Elements(html)
    assert found.one("pre", role="region", tabindex="0")["aria-labelledby"] == "c1-label"
    assert found.one("button")["data-copy"] == found.one("code")["id"] == "c1"
    assert samples.CADDYFILE in html.replace("&#34;", '"')


@pytest.mark.usefixtures("app")
def test_a_masked_snippet_shows_the_mask_and_copies_the_secret() -> None:
    html = part("snippets", "snippet", "run --token abc", "On your VPS", "c1", shown="run --token •••", secret=True)
    assert Elements(html).one("code")["data-value"] == "run --token abc"
    assert ">run --token •••<" in html
    assert "Copy includes your token" in html


@pytest.mark.usefixtures("app")
def test_a_check_without_bad_news_keeps_an_empty_slot_for_its_card() -> None:
    html = part("checks", "fix_card", {"name": "dns"})
    assert Elements(html).one("div")["id"] == "fix-dns"
    assert "fix-card" not in html


@pytest.mark.usefixtures("app")
def test_a_card_says_what_why_how_and_what_we_saw() -> None:
    html = part("checks", "fix_card", samples.failed_card())
    for words in (
        "It should point to",
        "Why it matters:",
        "How to fix it",
        "What we saw",
        "Check again",
        "Read: Name",
    ):
        assert words in html
    assert Elements(html).one("form")["action"] == "/_styles/retry"
    assert Elements(html).one("input", name="csrf_token")["value"] == "token"


@pytest.mark.usefixtures("app")
def test_text_from_outside_stays_text() -> None:
    row = {"name": "x", "title": HOSTILE, "state": "failed", "text": HOSTILE}
    card = {
        "name": "x",
        "open": True,
        "state": "failed",
        "title": HOSTILE,
        "what": HOSTILE,
        "steps": [HOSTILE],
        "seen": HOSTILE,
    }
    host = {"id": 1, "domain": HOSTILE, "url": "/", "address": HOSTILE, "state": "new", "route": HOSTILE}
    everything = "".join(
        [
            part("checks", "check_row", row),
            part("checks", "fix_card", card),
            part("hosts", "host_card", host),
            part("snippets", "snippet", HOSTILE, HOSTILE, "c1"),
            part("snippets", "copy_line", HOSTILE, HOSTILE, "c2", open_url=HOSTILE),
            part("tables", "data_table", HOSTILE, [HOSTILE, "b"], [[HOSTILE, HOSTILE]]),
            part("tables", "diff_view", HOSTILE, HOSTILE, "d1"),
            part("notes", "callout", "warning", HOSTILE, HOSTILE),
            str(pictures.qr_code("https://plex.example.com", HOSTILE)),
        ]
    )
    assert "<script" not in everything
    assert everything.count("&lt;script&gt;") >= 15


def test_no_id_is_used_twice(page: str) -> None:
    ids = [have["id"] for _, have in Elements(page).all if "id" in have]
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


def test_every_name_that_an_attribute_refers_to_exists(page: str) -> None:
    elements = Elements(page).all
    ids = {have["id"] for _, have in elements if "id" in have}
    for attribute in ("for", "aria-describedby", "aria-labelledby", "data-copy", "data-show", "list"):
        wanted = {name for _, have in elements if attribute in have for name in have[attribute].split()}
        assert wanted - ids == set(), attribute


def test_nothing_is_inline_that_the_content_policy_refuses(page: str) -> None:
    assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=|javascript:|data:image", page)


def test_the_words_on_the_page_are_ours(page: str) -> None:
    text = re.sub(r"<[^>]*>", " ", page)
    assert re.findall(WORDS_WE_DO_NOT_USE, text, re.IGNORECASE) == []


def test_no_button_is_ever_disabled(page: str) -> None:
    assert not [have for tag, have in Elements(page).all if tag == "button" and "disabled" in have]


def test_the_title_says_that_there_is_an_error(app: Flask) -> None:
    html = app.test_client().get("/_styles/step").text
    assert "<title>Error: Connect your media server – Porthole</title>" in html


@pytest.mark.parametrize("theme", ["system", "light", "dark"])
def test_the_theme_is_set_by_the_server(app: Flask, theme: str) -> None:
    assert f'<html lang="en" data-theme="{theme}">' in app.test_client().get(f"/_styles/step?theme={theme}").text


def test_the_style_page_exists_in_test_mode_only() -> None:
    app = Flask("wizard.web")
    assert styles_page.register(app) is False
    assert app.test_client().get("/_styles").status_code == 404
