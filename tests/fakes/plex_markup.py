"""Plex's answers as a tree, written as XML by default and as JSON when asked for.

Must not know what the answers mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

# JSON names and shapes differ from XML: streams are called Metadata, and these stand alone instead of in a list.
_JSON_NAMES = {"Video": "Metadata", "Track": "Metadata", "Photo": "Metadata"}
_SINGLE = {"User", "Player", "Session", "TranscodeSession"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element with attributes and children."""

    tag: str
    attributes: dict[str, str | int | float | bool]
    children: tuple[Element, ...] = ()


def to_xml(root: Element) -> bytes:
    """The XML form; truth values are 1 and 0."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + _xml(root)).encode()


def to_json(root: Element) -> bytes:
    """The JSON form; truth values are true and false."""
    return json.dumps({root.tag: _json(root)}).encode()


def _xml(element: Element) -> str:
    attributes = "".join(f" {name}={quoteattr(_xml_text(value))}" for name, value in element.attributes.items())
    if not element.children:
        return f"<{element.tag}{attributes}/>\n"
    return f"<{element.tag}{attributes}>\n{''.join(map(_xml, element.children))}</{element.tag}>\n"


def _xml_text(value: str | float | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _json(element: Element) -> dict[str, Any]:
    fields: dict[str, Any] = dict(element.attributes)
    for child in element.children:
        if child.tag in _SINGLE:
            fields[child.tag] = _json(child)
        else:
            fields.setdefault(_JSON_NAMES.get(child.tag, child.tag), []).append(_json(child))
    return fields
