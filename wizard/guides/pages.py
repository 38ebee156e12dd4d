"""What a guide is once it has been read: a page, its sections, a search hit. Values only."""

from dataclasses import dataclass, replace
from datetime import date

from wizard.guides.placeholders import Values, fill


class GuideError(ValueError):
    """A guide on disk breaks a rule of the shelf. Ours to mend, never a visitor's."""


@dataclass(frozen=True, slots=True)
class Section:
    """One heading and what follows it, up to the next heading of the same or a higher level.

    `html` begins with the heading, as an h2, and holds the subsections. Every id in it starts with "help-", so
    that it can stand beside a form. `text` is the section's own words without its subsections, for the search.
    `examples` names the placeholders that show an example because no value was known.
    """

    id: str
    title: str
    level: int
    html: str
    text: str
    page: str
    examples: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The address used by remedies and fields: "page#id"."""
        return f"{self.page}#{self.id}"

    def filled(self, values: Values) -> "Section":
        html, examples = fill(self.html, values)
        return replace(self, html=html, examples=examples)


@dataclass(frozen=True, slots=True)
class Guide:
    """One page. `html` has no h1: the reader's template shows `title`.

    `slug` may hold a slash ("contributing/adding"). `lead` is the text before the first heading, for the search.
    """

    slug: str
    title: str
    order: int
    group: str
    summary: str
    reviewed: date
    sections: tuple[Section, ...]
    html: str
    lead: str
    examples: tuple[str, ...] = ()

    def filled(self, values: Values) -> "Guide":
        html, examples = fill(self.html, values)
        return replace(self, html=html, examples=examples)


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result. `snippet` is HTML: escaped words with <mark> around what matched."""

    page: str
    id: str
    page_title: str
    title: str
    snippet: str

    @property
    def target(self) -> str:
        return f"{self.page}#{self.id}" if self.id else self.page
