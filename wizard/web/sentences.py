"""Sentences within sentences."""

from __future__ import annotations

from wizard.media import MEDIA

_NAMES = frozenset({"Caddy", *(media.title for media in MEDIA.values())})


def lowered(sentence: str) -> str:
    """A sentence in the middle of another one; names and abbreviations keep their capitals."""
    first, _, _ = sentence.partition(" ")
    keeps = first in _NAMES or first[1:] != first[1:].lower() or "." in first
    return sentence if keeps else sentence[:1].lower() + sentence[1:]
