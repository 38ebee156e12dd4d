"""Which checks lead to a page of the guides: by their own section, or by those of their findings."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wizard.guides.shelf import Guides

CHECKS_PAGE = "checks"
FINDINGS_PAGE = "troubleshooting"
_LINK = re.compile(r'href="/help/([a-z/-]+)')


def checks_leading_to(guides: Guides, slug: str, checks: Iterable[str]) -> tuple[str, ...]:
    """The names among `checks` whose sections link to the page `slug`, or stand on it, in their order."""
    return tuple(name for name in checks if slug in _pages_of(guides, name))


def _pages_of(guides: Guides, check: str) -> set[str]:
    about = [
        section
        for page in guides.pages
        for section in page.sections
        if section.target == f"{CHECKS_PAGE}#{check}"
        or (page.slug == FINDINGS_PAGE and section.id.startswith(f"{check}-"))
    ]
    return {section.page for section in about} | {slug for section in about for slug in _LINK.findall(section.html)}
