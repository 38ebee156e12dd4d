"""Sizes, names, suppressions, and strings that must not stand in the tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import PRODUCT, ROOT, Module, modules, tracked_files

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
EVERYWHERE = (*PRODUCT, "tests")
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "handlers", "service", "base"}
# written in halves, so that this file does not hold them itself
FORBIDDEN = re.compile(
    "|".join(
        (
            "/wo" + "rk/",
            "/fa" + "rm/",
            "/opt/" + "(?:wheels|pypi)",
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "registry" + r"\.npmjs\.org",
            "deb" + r"\.debian\.org",
            "fa" + "rm-[sb]",
            "/ro" + "ot/",
        )
    )
)
UNKIND = re.compile(
    r"(?<!\.)\b(invalid|valid|illegal|forbidden|please|sorry|oops|simply|error occurred|something went wrong)\b",
    re.IGNORECASE,
)


def test_files_stay_small() -> None:
    long = [
        (module.path, lines) for module in modules(*PRODUCT) if (lines := module.text.count("\n")) > MAX_FILE_LINES
    ]
    assert long == []


def test_functions_stay_small() -> None:
    long = [
        f"{module.path}:{function.lineno} {function.name}"
        for module in modules(*EVERYWHERE)
        for function in module.functions()
        if (function.end_lineno or 0) - function.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_modules_and_classes_say_what_they_are() -> None:
    vague = [module.path for module in modules(*EVERYWHERE) if module.name.rpartition(".")[2] in VAGUE]
    vague += [
        f"{module.path}:{node.lineno} {node.name}"
        for module in modules(*EVERYWHERE)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and re.search("(Manager|Handler|Helper|Utils?|Service|Base)$", node.name)
    ]
    assert vague == []


def test_every_module_opens_with_what_it_is() -> None:
    silent = [
        module.path for module in modules(*PRODUCT) if module.tree.body and ast.get_docstring(module.tree) is None
    ]
    assert silent == []


def test_every_suppression_gives_its_reason() -> None:
    bare = [line for module in modules(*EVERYWHERE) for line in _bare_suppressions(module)]
    assert bare == []


def _bare_suppressions(module: Module) -> Iterator[str]:
    """Those without a reason. The reason on one line counts for the same suppression on the lines right below it."""
    reasoned: dict[int, str] = {}
    for line, comment in module.comments():
        if _is_bare(comment):
            if not reasoned.get(line - 1, "").startswith(comment):
                yield f"{module.path}:{line} {comment}"
                continue
            reasoned[line] = comment
        elif "noqa" in comment or "type: ignore" in comment:
            reasoned[line] = comment


def _is_bare(comment: str) -> bool:
    ignore = re.search(r"type: ignore(\[[\w, -]+\])?(.*)", comment)
    noqa = re.search(r"noqa(: [A-Z]+\d+(?:, ?[A-Z]+\d+)*)?(.*)", comment)
    return any(found and (not found[1] or not re.search(r"\w{3}", found[2])) for found in (ignore, noqa))


@pytest.mark.parametrize(
    ("comment", "bare"),
    [
        ("# type: ignore", True),
        ("# type: ignore[misc]", True),
        ("# type: ignore[misc]  # the library ships no types", False),
        ("# noqa", True),
        ("# noqa: S105", True),
        ("# noqa: S105 - the name of a kind", False),
        ("# says why", False),
    ],
)
def test_a_bare_suppression_is_told_from_one_with_a_reason(comment: str, bare: bool) -> None:
    assert _is_bare(comment) is bare


def test_no_machine_path_and_no_registry_stands_in_the_tree() -> None:
    found = []
    for path in tracked_files():
        content = (ROOT / path).read_bytes()
        if b"\0" in content[:8000]:
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
            if FORBIDDEN.search(line):
                found.append(f"{path}:{number} {line.strip()[:100]}")
    assert found == []


def test_sentences_do_not_blame_and_are_not_vague() -> None:
    found = [
        f"{module.path}:{line} {text[:100]}"
        for module in modules(*PRODUCT)
        for line, text in _sentences(module)
        if UNKIND.search(text)
    ]
    assert found == []


def _sentences(module: Module) -> Iterator[tuple[int, str]]:
    """Texts that read like prose: they begin with a capital letter and have words. Docstrings are for developers."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docstrings:
            continue
        if re.match(r"[A-Z]", node.value) and node.value.count(" ") >= 3:
            yield node.lineno, node.value
