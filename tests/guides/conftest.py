"""The guides as they are shipped, and a way to write small shelves for one rule at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wizard.guides import Guides

DOCS = Path(__file__).resolve().parents[2] / "docs_content"

Shelf = Callable[..., Guides]


@pytest.fixture(scope="session")
def guides() -> Iterator[Guides]:
    shelf = Guides.load(DOCS)
    yield shelf
    shelf.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    """Write guides, body by slug, and load them. Two underscores in a slug stand for a slash."""
    loaded: list[Guides] = []

    def write(**bodies: str) -> Guides:
        for number, (slug, body) in enumerate(bodies.items()):
            path = tmp_path / f"{slug.replace('__', '/')}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            head = (
                f"title: The {slug} page\norder: {number}\ngroup: Test\nsummary: About {slug}.\nreviewed: 2026-11-24"
            )
            path.write_text(f"---\n{head}\n---\n\n{body}\n", encoding="utf-8")
        loaded.append(Guides.load(tmp_path))
        return loaded[-1]

    yield write
    for guides in loaded:
        guides.close()
