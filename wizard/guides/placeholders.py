"""The person's own values in the guides: `[[domain]]` in the Markdown, filled in after rendering.

Only names in PLACEHOLDERS exist, and none of them is a secret. A value is always escaped; without one, an
example shows.
"""

import html
import re
from collections.abc import Mapping

Values = Mapping[str, str | None]

PLACEHOLDERS: Mapping[str, str] = {
    "domain": "plex.example.com",
    "custom_url": "https://plex.example.com:443",
    "upstream": "http://192.168.1.20:32400",
    "server_name": "Living room server",
    "home_host": "192.168.1.20",
    "caddy_address": "192.168.1.10",
    "public_address": "203.0.113.7",
    "vps_address": "198.51.100.20",
    "tunnel_address": "10.9.0.2",
    "tailnet_address": "100.101.1.10",
}

LONGEST_VALUE = 300

# The colour pass over code would split "[[domain]]" into several pieces. One plain word survives every lexer.
_WORDS = {name: f"zq{name.replace('_', '')}qz" for name in PLACEHOLDERS}
_NAMES = {word: name for name, word in _WORDS.items()}
_IN_SOURCE = re.compile(r"\[\[([a-z0-9_]+)\]\]")
_IN_HTML = re.compile("|".join(_NAMES))


def names_in(source: str) -> frozenset[str]:
    """Every placeholder name a Markdown text uses, known or not."""
    return frozenset(_IN_SOURCE.findall(source))


def mark(source: str) -> str:
    """Replace each `[[name]]` by a plain word that comes through rendering unharmed."""
    return _IN_SOURCE.sub(lambda found: _WORDS.get(found[1], found[0]), source)


def has_mark(text: str) -> bool:
    return _IN_HTML.search(text) is not None


def fill(rendered: str, values: Values) -> tuple[str, tuple[str, ...]]:
    """Rendered HTML with values in it, and the names for which an example had to stand in.

    An example carries the class "value-example", so that the page can say which values are not the
    person's own.
    """
    examples: dict[str, None] = {}

    def one(found: re.Match[str]) -> str:
        name = _NAMES[found[0]]
        known = _one_line(values.get(name) or "")
        if known:
            return f'<span class="value">{html.escape(known)}</span>'
        examples[name] = None
        return f'<span class="value value-example">{html.escape(PLACEHOLDERS[name])}</span>'

    return _IN_HTML.sub(one, rendered), tuple(examples)


def plain(text: str) -> str:
    """Text for the search: examples in place of marks, nothing escaped."""
    return _IN_HTML.sub(lambda found: PLACEHOLDERS[_NAMES[found[0]]], text)


def _one_line(value: str) -> str:
    """A value as one printable line: no control or direction characters, not too long."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:LONGEST_VALUE]
