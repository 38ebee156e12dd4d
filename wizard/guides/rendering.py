"""Markdown to safe HTML: render, sanitise, then dress code, tables and pictures with our own markup.

Sanitising comes before dressing on purpose: what is added afterwards is written here and contains no text
from outside.
"""

import html
import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import Element

import markdown
import nh3
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

READER = "/help/"
_TAGS = set(
    re.findall(
        r"\w+",
        """a abbr blockquote br code dd del details div dl dt em figcaption figure h2 h3 h4 hr img kbd li ol p pre
        span strong sub summary sup table tbody td th thead tr ul""",
    )
)
_ATTRIBUTES = {
    "*": {"id", "class"},
    "a": {"href"},
    "img": {"src", "alt", "title"},
    "ol": {"start"},
    "th": {"scope"},
    "details": {"open"},
}
_SNIPPET = re.compile(
    r'<div class="(?:[\w-]+ )?highlight">(?:<span class="filename">(?P<caption>.*?)</span>)?'
    r"<pre>(?:<span></span>)?"
    r"<code>(?P<code>.*?)</code></pre></div>",
    re.DOTALL,
)
_PICTURE = re.compile(r"<p>(?P<img><img [^<>]*>)</p>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_VIEW_BOX = re.compile(r'viewBox="0 0 (\d+) (\d+)"')


class _Links(Treeprocessor):
    """Turns `page.md#id` into the reader's address and `pictures/x.svg` into the picture's."""

    page = ""

    def run(self, root: Element) -> None:
        for link in root.iter("a"):
            link.set("href", self.address(link.get("href", "")))
        for image in root.iter("img"):
            image.set("src", READER + self.from_page(image.get("src", "")))

    def address(self, href: str) -> str:
        path, hash_sign, anchor = href.partition("#")
        if not path and hash_sign:
            return f"{READER}{self.page}#{anchor}"
        if "://" in path or not path.endswith(".md"):
            return href
        return READER + self.from_page(path).removesuffix(".md") + hash_sign + anchor

    def from_page(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.page), path))


class _LinksExtension(Extension):
    def __init__(self, links: _Links) -> None:
        super().__init__()
        self.links = links

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 - the library's name for this hook
        self.links.md = md
        # Below the inline processors (20), which make the link elements.
        md.treeprocessors.register(self.links, "porthole_links", 5)


class Renderer:
    """Renders pages one after another. Not safe to share between threads; loading is done by one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._links = _Links()
        self._markdown = markdown.Markdown(
            extensions=[
                "toc",
                "attr_list",
                "admonition",
                "tables",
                "def_list",
                "sane_lists",
                "pymdownx.superfences",
                "pymdownx.highlight",
                "pymdownx.details",
                _LinksExtension(self._links),
            ],
            extension_configs={
                # use_pygments writes class names only, which a strict style-src allows.
                "pymdownx.highlight": {"guess_lang": False, "use_pygments": True, "noclasses": False},
            },
        )

    def safe_html(self, source: str, page: str) -> str:
        """Sanitised HTML of one page's Markdown. Scripts, handlers, styles and unknown elements are gone."""
        self._links.page = page
        return sanitised(self._markdown.reset().convert(source))

    def picture_size(self, source: str) -> tuple[int, int] | None:
        """Width and height in CSS pixels from an SVG's viewBox, so that the page keeps room for it."""
        path = self._folder / source.removeprefix(READER)
        found = _VIEW_BOX.search(path.read_text(encoding="utf-8")) if path.is_file() else None
        return (int(found[1]), int(found[2])) if found else None


def sanitised(rendered: str) -> str:
    """The second wall: only what the allow list names comes through, even for our own text."""
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def dressed(safe: str, name: str, title: str, size: Callable[[str], tuple[int, int] | None], prefix: str = "") -> str:
    """Safe HTML with copyable code boxes, tables that scroll by themselves, and figures.

    `name` makes the ids of the boxes unique, `title` names a table for a screen reader, `prefix` goes before
    every heading id.
    """
    count = 0

    def code_box(found: re.Match[str]) -> str:
        nonlocal count
        count += 1
        label, code = f"{prefix}{name}-label-{count}", f"{prefix}{name}-code-{count}"
        caption = found["caption"] or "Example"
        return (
            f'<figure class="snippet"><figcaption><span id="{label}">{caption}</span>'
            f'<button type="button" class="copy" data-copy="{code}" aria-describedby="{label}">'
            f"<span data-label>Copy</span></button>"
            f'</figcaption><pre class="highlight" tabindex="0" role="region" aria-labelledby="{label}">'
            f'<code id="{code}">{found["code"].rstrip()}</code></pre></figure>'
        )

    if prefix:
        safe = re.sub(r'(<h[234] [^<>]*?id=")', rf"\g<1>{prefix}", safe)
    text = _SNIPPET.sub(code_box, safe)
    text = _PICTURE.sub(lambda found: _figure(found["img"], size), text)
    region = f'<div class="table-box" role="region" tabindex="0" aria-label="Table: {html.escape(title)}">'
    return text.replace("<table>", region + "<table>").replace("</table>", "</table></div>")


def _figure(image: str, size: Callable[[str], tuple[int, int] | None]) -> str:
    fields = dict(_ATTRIBUTE.findall(image))
    measured = size(fields.get("src", ""))
    room = f' width="{measured[0]}" height="{measured[1]}"' if measured else ""
    caption = f"<figcaption>{fields['title']}</figcaption>" if fields.get("title") else ""
    picture = f'<img src="{fields.get("src", "")}" alt="{fields.get("alt", "")}"{room} loading="lazy">'
    return f'<figure class="picture">{picture}{caption}</figure>'
