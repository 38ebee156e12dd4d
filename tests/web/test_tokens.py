"""The colours: every pair is measured from the style sheet itself, in both themes. And the weight of what is sent."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from wizard import web

STATIC = Path(web.__file__).parent / "static"
SHEET = (STATIC / "app.css").read_text(encoding="utf-8")

TEXT_PAIRS = [
    ("--text", "--page"),
    ("--text", "--panel"),
    ("--text", "--mark"),
    ("--quiet", "--page"),
    ("--quiet", "--panel"),
    ("--quiet", "--info-bg"),
    ("--link", "--page"),
    ("--link", "--panel"),
    ("--link", "--info-bg"),
    ("--link-strong", "--page"),
    ("--on-link", "--link"),
    ("--on-link", "--link-strong"),
    ("--on-link", "--bad"),
    ("--bad", "--page"),
    ("--warn", "--page"),
    ("--bar-text", "--bar"),
    ("--text", "--neutral-bg"),
    *[(f"--{tone}", f"--{tone}-bg") for tone in ("ok", "warn", "bad", "neutral", "info")],
    *[(f"--{tone}", "--page") for tone in ("ok", "warn", "bad", "neutral", "info")],
    *[("--text", f"--{tone}-bg") for tone in ("ok", "warn", "bad", "neutral", "info")],
    *[(f"--code-{kind}", "--panel") for kind in ("word", "text", "quiet", "number", "name")],
]
CONTROL_PAIRS = [
    ("--edge", "--page"),
    ("--edge", "--panel"),
    ("--focus", "--page"),
    ("--focus", "--panel"),
    ("--brass", "--bar"),
    ("--sea", "--glass"),
    ("--ok", "--page"),
    ("--warn", "--page"),
    ("--bad", "--page"),
    ("--link", "--page"),
]


def tokens_of(selector: str) -> dict[str, str]:
    block = SHEET[SHEET.index(selector) :]
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{3,6})\b", block[: block.index("}")]))


THEMES = {"light": tokens_of("  :root {"), "dark": tokens_of('  :root[data-theme="dark"] {')}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour.removeprefix("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_text_has_a_contrast_of_at_least_four_and_a_half(theme: str, front: str, back: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[front], tokens[back]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "back"), CONTROL_PAIRS)
def test_controls_and_pictures_have_a_contrast_of_at_least_three(theme: str, front: str, back: str) -> None:
    tokens = THEMES[theme]
    assert contrast(tokens[front], tokens[back]) >= 3


def test_the_focus_ring_stands_out_in_the_header() -> None:
    ring = re.search(r"\.bar \{[^}]*--focus: (#[0-9a-f]+)", SHEET)
    assert ring is not None
    assert all(contrast(ring[1], tokens["--bar"]) >= 3 for tokens in THEMES.values())


def test_dark_is_the_same_whether_the_system_or_the_person_chose_it() -> None:
    assert tokens_of(':root:not([data-theme="light"]) {') == THEMES["dark"]


def test_every_colour_of_light_has_one_in_dark() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_every_token_that_is_used_is_defined() -> None:
    used = set(re.findall(r"var\((--[\w-]+)", SHEET))
    assert used - set(re.findall(r"(--[\w-]+):", SHEET)) == set()


@pytest.mark.parametrize(("name", "most"), [("app.css", 12_000), ("app.js", 3_000), ("icons.svg", 3_000)])
def test_what_is_sent_stays_light(name: str, most: int) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes(), 9)) <= most


def test_the_style_sheet_asks_for_nothing_else() -> None:
    assert "url(" not in SHEET
    assert "@import" not in SHEET


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    text = "".join(path.read_text(encoding="utf-8") for path in STATIC.parent.glob("templates/**/*.html"))
    named = set(re.findall(r'icon\("([\w-]+)"', text))
    assert named
    assert named - drawn == set()
