"""One Markdown file as it stands on disk: its front matter, its body, its headings. No HTML yet."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from wizard.guides.pages import GuideError
from wizard.guides.placeholders import PLACEHOLDERS, names_in

_FENCE = re.compile(r"^\s*(```+|~~~+)")
_HEADING = re.compile(r"^(#{1,6})\s+(?P<title>.+?)\s*$")
_FIXED_ID = re.compile(r"\s*\{#(?P<id>[a-z0-9][a-z0-9-]*)(?:\s+keywords=\"(?P<keywords>[^\"]*)\")?\s*\}$")
_REQUIRED = ("title", "order", "group", "summary", "reviewed")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its fixed id. `keywords` are words people type that the text itself does not use."""

    id: str
    title: str
    level: int
    keywords: str


@dataclass(frozen=True, slots=True)
class Source:
    """A file, read. `body` is Markdown whose headings carry `{#id}` and nothing else in braces."""

    slug: str
    title: str
    order: int
    group: str
    summary: str
    reviewed: date
    keywords: str
    body: str
    headings: tuple[Heading, ...]


def read_source(path: Path, slug: str) -> Source:
    """Read one guide. Raises GuideError, with its name, when front matter or a heading breaks a rule."""
    fields, body = _split(path.read_text(encoding="utf-8"), slug)
    missing = [name for name in _REQUIRED if not fields.get(name)]
    if missing:
        raise GuideError(f"{slug}: the front matter lacks {', '.join(missing)}")
    body, headings = _take_headings(body, slug)
    unknown = sorted(names_in(body) - PLACEHOLDERS.keys())
    if unknown:
        raise GuideError(f"{slug}: nobody fills in {', '.join(unknown)}")
    try:
        order, reviewed = int(fields["order"]), date.fromisoformat(fields["reviewed"])
    except ValueError as fault:
        raise GuideError(f"{slug}: order is a number and reviewed a date: {fault}") from fault
    return Source(
        slug=slug,
        title=fields["title"],
        order=order,
        group=fields["group"],
        summary=fields["summary"],
        reviewed=reviewed,
        keywords=fields.get("keywords", ""),
        body=body,
        headings=headings,
    )


def _split(text: str, slug: str) -> tuple[dict[str, str], str]:
    head, fence, body = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not fence:
        raise GuideError(f"{slug}: a guide begins with front matter between two lines of three dashes")
    lines = (line.partition(":") for line in head.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in lines}, body


def _take_headings(body: str, slug: str) -> tuple[str, tuple[Heading, ...]]:
    """Find the headings outside code, and take the search words out of them."""
    lines, headings, fence = [], [], ""
    for line in body.splitlines():
        opened = _FENCE.match(line)
        if opened and not fence:
            fence = opened[1]
        elif opened and opened[1].startswith(fence):
            fence = ""
        found = None if fence or opened else _HEADING.match(line)
        if found:
            heading = _heading(len(found[1]), found["title"], slug)
            headings.append(heading)
            lines.append(f"{found[1]} {heading.title} {{#{heading.id}}}")
        else:
            lines.append(line)
    ids = [heading.id for heading in headings]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise GuideError(f"{slug}: the id {', '.join(twice)} is used twice")
    return "\n".join(lines), tuple(headings)


def _heading(level: int, text: str, slug: str) -> Heading:
    fixed = _FIXED_ID.search(text)
    if fixed is None:
        raise GuideError(f"{slug}: the heading {text!r} has no fixed id such as {{#home-address}}")
    if level == 1:
        raise GuideError(f"{slug}: the title belongs in the front matter, so headings begin at ##")
    title = text[: fixed.start()].strip()
    if names_in(title):
        raise GuideError(f"{slug}: the heading {title!r} holds a placeholder; headings stay the same for everybody")
    return Heading(id=fixed["id"], title=title, level=level, keywords=fixed["keywords"] or "")
