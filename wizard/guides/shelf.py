"""All guides together: find a page, one section of it, its neighbours, or words in any of them."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

from wizard.guides.dressing import Dresser
from wizard.guides.index import Entry, Index
from wizard.guides.pages import Guide, GuideError, Hit, Section
from wizard.guides.placeholders import Values, has_mark, mark, plain
from wizard.guides.rendering import Renderer
from wizard.guides.source import Source, read_source

CONTRIBUTING = "contributing/"
# for contributors, or a list to look things up in: the search shows them behind the pages that explain
_SHOWN_LATER = (CONTRIBUTING, "command-reference", "glossary")
_HEADING = re.compile(r'<h([234]) [^<>]*?id="([^"]+)"')


class Guides:
    """The shelf. Safe to share between threads; every answer is a value.

    `pages` is for titles, summaries and order; their HTML still holds marks where values belong. Text to show comes
    from `page()` and `section()`.
    """

    def __init__(self, pages: tuple[Guide, ...], index: Index, pictures: Path) -> None:
        self.pages = pages
        self.pictures = pictures
        self._index = index
        self._by_slug: Mapping[str, Guide] = {page.slug: page for page in pages}
        self._by_target: Mapping[str, Section] = {s.target: s for page in pages for s in page.sections}

    @classmethod
    def load(cls, folder: Path) -> "Guides":
        """Read and render every `*.md` below `folder`. Raises GuideError when one breaks a rule of the shelf."""
        renderer = Renderer(folder)
        sources = [
            read_source(path, path.relative_to(folder).with_suffix("").as_posix())
            for path in sorted(folder.rglob("*.md"))
        ]
        sources.sort(key=lambda source: (source.order, source.slug))
        pages = tuple(_guide(source, renderer) for source in sources)
        both = zip(sources, pages, strict=True)
        index = Index(entry for source, page in both for entry in _entries(source, page))
        return cls(pages, index, folder / "pictures")

    def page(self, slug: str, values: Values | None = None) -> Guide | None:
        """One page with the person's values in it, or None when there is no such page."""
        found = self._by_slug.get(slug)
        return found.filled(values or {}) if found else None

    def section(self, target: str, values: Values | None = None) -> Section | None:
        """One section by "page#id", from its heading to the next of the same or a higher level, or None."""
        found = self._by_target.get(target)
        return found.filled(values or {}) if found else None

    def has(self, target: str) -> bool:
        """Does "page#id", or "page" alone, exist?"""
        return target in self._by_target or target in self._by_slug

    def search(self, text: str, limit: int = 20) -> tuple[Hit, ...]:
        """Up to `limit` sections, best first. Any text may be asked for; nothing raises."""
        return self._index.search(text, limit)

    def previous(self, slug: str) -> Guide | None:
        return self._neighbour(slug, -1)

    def next(self, slug: str) -> Guide | None:
        return self._neighbour(slug, +1)

    def _neighbour(self, slug: str, step: int) -> Guide | None:
        slugs = [page.slug for page in self.pages]
        place = slugs.index(slug) + step if slug in slugs else -1
        return self.pages[place] if 0 <= place < len(slugs) else None

    def close(self) -> None:
        """Let go of the search index. The pages stay readable."""
        self._index.close()


def _guide(source: Source, renderer: Renderer) -> Guide:
    safe = renderer.safe_html(mark(source.body), source.slug)
    name = source.slug.replace("/", "-")
    return Guide(
        slug=source.slug,
        title=source.title,
        order=source.order,
        group=source.group,
        summary=source.summary,
        reviewed=source.reviewed,
        sections=_sections(source, safe, renderer),
        html=Dresser(name, renderer.picture_size).dress(safe, source.title),
        lead=_words(safe[: _cuts(safe)[0][0]], source.slug),
    )


def _cuts(safe: str) -> list[tuple[int, int, str]]:
    """Where each heading begins, its level and id; at the end a mark for the end of the page."""
    found = [(cut.start(), int(cut[1]), cut[2]) for cut in _HEADING.finditer(safe)]
    return [*found, (len(safe), 1, "")]


def _sections(source: Source, safe: str, renderer: Renderer) -> tuple[Section, ...]:
    cuts = _cuts(safe)
    if [cut[2] for cut in cuts[:-1]] != [heading.id for heading in source.headings]:
        raise GuideError(f"{source.slug}: the rendered headings differ from those in the file")
    sections = []
    for number, heading in enumerate(source.headings):
        start = cuts[number][0]
        end = next(at for at, level, _ in cuts[number + 1 :] if level <= heading.level)
        own = safe[safe.index(">", safe.index("</h", start)) + 1 : cuts[number + 1][0]]
        sections.append(
            Section(
                id=heading.id,
                title=heading.title.replace("`", ""),
                level=heading.level,
                html=Dresser(heading.id, renderer.picture_size, "help-").dress(
                    _raised(safe[start:end], heading.level), heading.title
                ),
                text=_words(own, source.slug),
                page=source.slug,
            )
        )
    return tuple(sections)


def _raised(safe: str, level: int) -> str:
    """A section beside a form follows an h1, so its own heading is an h2, whatever it was on its page."""
    return re.sub(r"(</?h)([234])\b", lambda found: f"{found[1]}{int(found[2]) - level + 2}", safe)


def _entries(source: Source, page: Guide) -> list[Entry]:
    later = page.slug.startswith(_SHOWN_LATER)
    top = Entry(page.slug, "", page.title, page.title, source.keywords, f"{page.summary} {page.lead}", later)
    parts = [
        Entry(page.slug, section.id, page.title, section.title, heading.keywords, section.text, later)
        for section, heading in zip(page.sections, source.headings, strict=True)
    ]
    return [top, *parts]


class _Reader(HTMLParser):
    """Collects the words of some HTML, and notices a placeholder that stands outside code and value spans."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.astray = False
        self._inside: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"br", "hr", "img"}:
            return
        marked = "value" in (dict(attrs).get("class") or "").split()
        self._inside.append(tag == "code" or marked or (bool(self._inside) and self._inside[-1]))
        self.astray = self.astray or any(has_mark(value or "") for _, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"br", "hr", "img"} and self._inside:
            self._inside.pop()
        if tag in {"p", "li", "td", "th", "pre", "dt", "dd", "div"}:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.astray = self.astray or (has_mark(data) and not (self._inside and self._inside[-1]))
        self.words.append(data)


def _words(safe: str, slug: str) -> str:
    reader = _Reader()
    reader.feed(safe)
    reader.close()
    if reader.astray:
        raise GuideError(f"{slug}: a placeholder stands outside code; write it as `[[name]]` in backticks")
    return plain(" ".join("".join(reader.words).split()))
