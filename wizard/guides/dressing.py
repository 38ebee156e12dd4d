"""Our own markup around safe HTML: copyable code boxes, tables that scroll by themselves, figures.

It comes after sanitising on purpose: what is added is written here and contains no text from outside.
"""

import html
import re
from collections.abc import Callable

Size = Callable[[str], tuple[int, int] | None]

_SNIPPET = re.compile(
    r'<div class="(?:[\w-]+ )?highlight">(?:<span class="filename">(?P<caption>.*?)</span>)?'
    r"<pre>(?:<span></span>)?"
    r"<code>(?P<code>.*?)</code></pre></div>",
    re.DOTALL,
)
_PICTURE = re.compile(r"<p>(?P<img><img [^<>]*>)</p>")
_HEADING_OR_TABLE = re.compile(r"<(?P<level>h[234])\b[^<>]*>(?P<words>.*?)</(?P=level)>|<table>", re.DOTALL)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_TAG = re.compile(r"<[^<>]*>")


class Dresser:
    """Dresses one page or one section. `name` makes the ids of code boxes unique, `prefix` goes before every id."""

    def __init__(self, name: str, size: Size, prefix: str = "") -> None:
        self._name = name
        self._size = size
        self._prefix = prefix
        self._boxes = 0
        self._heading = ""
        self._said: dict[str, int] = {}

    def dress(self, safe: str, title: str) -> str:
        """The same HTML, dressed. `title` names a table that stands before the first heading."""
        self._heading = html.escape(title)
        text = safe
        if self._prefix:
            text = re.sub(r'(<h[234] [^<>]*?id=")', rf"\g<1>{self._prefix}", text)
        text = _SNIPPET.sub(self._code_box, text)
        text = _PICTURE.sub(self._figure, text)
        return _HEADING_OR_TABLE.sub(self._table_box, text).replace("</table>", "</table></div>")

    def _once(self, words: str) -> str:
        """A name no other region of the page has: the second and later ones are numbered."""
        self._said[words] = self._said.get(words, 0) + 1
        return words if self._said[words] == 1 else f"{words} ({self._said[words]})"

    def _code_box(self, found: re.Match[str]) -> str:
        self._boxes += 1
        label = f"{self._prefix}{self._name}-label-{self._boxes}"
        code = f"{self._prefix}{self._name}-code-{self._boxes}"
        caption = found["caption"] or "Example"
        name = self._once(_TAG.sub("", caption))
        named = f'aria-labelledby="{label}"' if name == caption else f'aria-label="{name}"'
        return (
            f'<figure class="snippet"><figcaption><span id="{label}">{caption}</span>'
            f'<button type="button" class="copy" data-copy="{code}" aria-describedby="{label}">'
            f"<span data-label>Copy</span></button>"
            f'</figcaption><pre class="highlight" tabindex="0" role="region" {named}>'
            f'<code id="{code}">{found["code"].rstrip()}</code></pre></figure>'
        )

    def _table_box(self, found: re.Match[str]) -> str:
        if found["level"]:
            self._heading = _TAG.sub("", found["words"]).replace('"', "&quot;")
            return found[0]
        name = self._once(f"Table: {self._heading}")
        return f'<div class="table-box" role="region" tabindex="0" aria-label="{name}"><table>'

    def _figure(self, found: re.Match[str]) -> str:
        fields = dict(_ATTRIBUTE.findall(found["img"]))
        measured = self._size(fields.get("src", ""))
        room = f' width="{measured[0]}" height="{measured[1]}"' if measured else ""
        caption = f"<figcaption>{fields['title']}</figcaption>" if fields.get("title") else ""
        picture = f'<img src="{fields.get("src", "")}" alt="{fields.get("alt", "")}"{room} loading="lazy">'
        return f'<figure class="picture">{picture}{caption}</figure>'
