"""The page of all commands and options, written from the parser of the `porthole` command.

`python -m wizard.manual > docs_content/command-reference.md` writes it; a test compares the two. Knows nothing of
what the commands do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.cli import build_parser

_HEAD = """\
---
title: All commands and options
order: 305
group: Reference
summary: Every command, argument and option of `porthole`, as the program itself explains them.
keywords: cli reference options flags arguments help
reviewed: 2026-11-26
---

This page is generated from the command itself; `porthole COMMAND --help` says the same. What the commands are good
for stands in [Command line](command-line.md).
"""


@dataclass(frozen=True, slots=True)
class Command:
    """One command that does something: how it is typed, what it does, and its rows (typed, meaning)."""

    name: str
    does: str
    rows: tuple[tuple[str, str], ...]


def commands_of(parser: argparse.ArgumentParser, does: str = "") -> Iterator[Command]:
    """Every command below a parser, in the order in which `--help` lists them."""
    branches = [action for action in _actions(parser) if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 -- argparse names it in no public way
    for branch in branches:
        said = {choice.dest: choice.help or "" for choice in branch._choices_actions}  # noqa: SLF001 -- as above
        for name, inner in branch.choices.items():
            yield from commands_of(inner, said.get(name, ""))
    if not branches:
        yield Command(parser.prog, does, tuple(map(_row, _actions(parser))))


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]  # noqa: SLF001 -- as above


def _row(action: argparse.Action) -> tuple[str, str]:
    word = action.metavar if isinstance(action.metavar, str) else (action.dest or "").upper()
    typed = ", ".join(action.option_strings) or word
    if action.option_strings and action.nargs != 0 and not isinstance(action, argparse.BooleanOptionalAction):
        typed += f" {word}"
    notes = [action.help or ""]
    if action.choices:
        notes.append("One of " + ", ".join(f"`{choice}`" for choice in action.choices))
    if isinstance(action, argparse._AppendAction):  # noqa: SLF001 -- as above
        notes.append("May be given several times")
    if action.required and action.option_strings:
        notes.append("Has to be given")
    return typed, ". ".join(note[:1].upper() + note[1:] for note in notes if note)


def render(parser: argparse.ArgumentParser) -> str:
    """The whole page as Markdown, one section for each command."""
    return _HEAD + "".join(_section(command) for command in commands_of(parser))


def _section(command: Command) -> str:
    words = command.name.split()
    head = f'\n## {command.name} {{#{"-".join(words[1:])} keywords="{command.name}"}}\n\n'
    text = f"{command.does[:1].upper()}{command.does[1:].rstrip('.')}{'' if command.does.endswith('?') else '.'}\n"
    if not command.rows:
        return f"{head}{text}\nIt takes no options.\n"
    rows = "".join(f"| `{typed}` | {meaning.replace('|', '/')} |\n" for typed, meaning in command.rows)
    return f"{head}{text}\n| typed | means |\n|---|---|\n{rows}"


if __name__ == "__main__":
    sys.stdout.write(render(build_parser()))
