"""Markdown to safe HTML: rendered, links turned into the reader's addresses, sanitised. Dressing comes after."""

import posixpath
import re
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
