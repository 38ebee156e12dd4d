"""A walkthrough as a script: its sections and numbered items are the steps, in order. Pure.

Bold is a label that stands on a screen, code is what is typed or seen there, a box of code belongs to the place that
its caption names. `docs_content/contributing/walkthroughs.md` says this to whoever writes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wizard.guides.source import Source

_HEADING = re.compile(r"^#{2,3} .*\{#(?P<id>[a-z0-9-]+)\}$")
_ITEM = re.compile(r"^(?P<number>\d+)\. (?P<text>.*)$")
_FENCE = re.compile(r'^(?P<indent>\s*)```(?P<language>\w*)(?: title="(?P<caption>[^"]*)")?\s*$')
_BOLD = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`([^`]+)`")
_VALUE = re.compile(r"\[\[([a-z_]+)\]\]")
_SENTENCE = re.compile(r"(?<=[.:?!]) +(?=[^a-z])")


@dataclass(frozen=True, slots=True)
class Box:
    """A box of code: what is above it, and its lines."""

    caption: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. The id is that of the section, `section.2` for its second item, `section.after` for what follows."""

    id: str
    words: str
    boxes: tuple[Box, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What the reader is to find on a screen, letter by letter."""
        return tuple(label.replace("`", "") for label in _BOLD.findall(self.words))

    @property
    def codes(self) -> tuple[str, ...]:
        """What is typed or seen, in order, boxes left out."""
        return tuple(_CODE.findall(_BOLD.sub("", self.words)))

    @property
    def asks(self) -> bool:
        """Whether a reader has something to do or to look for: then somebody has to follow it."""
        return bool(self.labels or self.boxes or self.id.rpartition(".")[2].isdigit())

    def sentence(self, words: str) -> str:
        """The sentence in which these words stand."""
        plain = self.words.replace("`", "")
        return next((one for one in _SENTENCE.split(plain) if words in one), plain)

    def typed(self, label: str) -> str:
        """The value that stands behind a label."""
        _, found, rest = self.words.partition(f"**{label}**")
        value = _CODE.search(rest)
        assert found, f"{self.id} does not name {label}: {self.words}"
        assert value, f"{self.id} does not say what to type into {label}: {self.words}"
        return value[1]


def read_script(source: Source, values: Mapping[str, str]) -> dict[str, Step]:
    """All steps of a guide by their id, with this person's own values in them."""
    body = _VALUE.sub(lambda found: values[found[1]], source.body)
    steps = (_step(name, lines) for name, lines in _parts(body))
    return {step.id: step for step in steps if step.words or step.boxes}


def _parts(body: str) -> Iterator[tuple[str, list[str]]]:
    """Each step's id with its lines: a section up to its first item, every item, and what comes after the last."""
    name, section, lines, fenced = "", "", list[str](), False
    for line in body.splitlines():
        heading = None if fenced else _HEADING.match(line)
        item = None if fenced else _ITEM.match(line)
        if heading:
            yield name, lines
            name, section, lines = heading["id"], heading["id"], []
            continue
        if item:
            yield name, lines
            name, lines = f"{section}.{item['number']}", [item["text"]]
            continue
        if name != section and not name.endswith(".after") and line and not line.startswith(" "):
            yield name, lines
            name, lines = f"{section}.after", []
        if _FENCE.match(line):
            fenced = not fenced
        lines.append(line)
    yield name, lines


def _step(name: str, lines: list[str]) -> Step:
    words, boxes, caption, inside = list[str](), list[Box](), "", list[str]()
    fenced, indent = False, ""
    for line in lines:
        fence = _FENCE.match(line)
        if fence and not fenced:
            fenced, indent, caption, inside = True, fence["indent"], fence["caption"] or "", []
        elif fence:
            fenced = False
            boxes.append(Box(caption, tuple(inside)))
        elif fenced:
            inside.append(line.removeprefix(indent))
        else:
            words.append(line.strip())
    return Step(name, " ".join(" ".join(words).split()), tuple(boxes))
