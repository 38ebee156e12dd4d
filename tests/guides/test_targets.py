"""Every place in the code that points into the guides points at something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from wizard.checks import CHECKS
from wizard.guides import Guides

ROOT = Path(__file__).resolve().parents[2]
TARGET = re.compile(r"[a-z][a-z/-]*#[a-z][a-z0-9-]*")


def strings(tree: ast.AST) -> Iterator[str]:
    for found in ast.walk(tree):
        if isinstance(found, ast.Constant) and isinstance(found.value, str):
            yield found.value


def remedies(tree: ast.AST) -> Iterator[str]:
    """The codes given to `remedy(code, …)`, which sends people to the section of that finding."""
    for found in ast.walk(tree):
        match found:
            case ast.Call(func=ast.Name(id="remedy"), args=[ast.Constant(value=str(code)), *_]):
                yield f"troubleshooting#{code}"


def findings(tree: ast.AST) -> Iterator[str]:
    """The codes of verdicts that are not good news. "Could not look" shares one section for all checks."""
    for found in ast.walk(tree):
        match found:
            case ast.Call(func=ast.Name(id="Verdict"), args=[ast.Constant(value=str(code)), level, *_]):
                if ast.unparse(level) != "Level.OK" and not code.endswith("-could-not-look"):
                    yield f"troubleshooting#{code}"


def named_targets() -> dict[str, str]:
    """Guide targets in the code, each with a file that names it."""
    targets: dict[str, str] = {}
    for folder in ("wizard", "tasks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for target in (*filter(TARGET.fullmatch, strings(tree)), *remedies(tree), *findings(tree)):
                targets[target] = path.relative_to(ROOT).as_posix()
    return targets


def test_every_target_named_in_the_code_exists(guides: Guides) -> None:
    targets = named_targets()
    assert "routes#direct" in targets
    assert {target: place for target, place in targets.items() if not guides.has(target)} == {}


def test_the_checks_are_described_under_the_titles_people_see(guides: Guides) -> None:
    assert len(CHECKS) >= 6
    for name, check in CHECKS.items():
        section = guides.section(f"checks#{name}")
        assert section is not None, name
        assert section.title == check.title
