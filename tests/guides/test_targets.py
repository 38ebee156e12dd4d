"""Every place in the code that points into the guides points at something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from wizard.checks import CHECKS
from wizard.cli import build_parser
from wizard.core.mislabelled import Cause
from wizard.guides import Guides
from wizard.manual import render
from wizard.media import MEDIA
from wizard.methods import METHODS
from wizard.web.setup.field_guides import FIELD_GUIDES, fields_of
from wizard.web.setup.pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
TARGET = re.compile(r"[a-z][a-z/-]*#[a-z][a-z0-9-]*")
IN_A_PAGE = re.compile(r"/help/([a-z][a-z/-]*#[a-z][a-z0-9-]*)|help_url\([\"']([a-z/-]+(?:#[a-z0-9-]+)?)[\"']\)")
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)+")
# first words of codes; a word of these files that begins with one is a code, or stands in NO_CODES
FAMILIES = frozenset(CHECKS) | {"apply", "check", "issuance", "phone", "vantage"}
FINDING_PLACES = ("wizard/checks", "wizard/methods", "wizard/core", "tasks")
NO_CODES = frozenset(
    """dns-01 tls-alpn-01 tls-failed headers-unknown outside-lan-networks outside-own-subnet apply-applied
    apply-unchanged phone-address-arrives phone-certificate-trusted phone-fast-enough phone-websocket-held
    phone-works way-in""".split()  # noqa: SIM905 -- reads as a list of words
)


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


def test_every_code_of_a_finding_has_its_section(guides: Guides) -> None:
    codes: dict[str, str] = {}
    for folder in FINDING_PLACES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for text in filter(CODE.fullmatch, strings(ast.parse(path.read_text(encoding="utf-8")))):
                if text.partition("-")[0] in FAMILIES and not text.endswith(("-ok", "-could-not-look")):
                    codes[text] = path.relative_to(ROOT).as_posix()
    assert len(codes) > 170
    missing = {code: place for code, place in codes.items() if not guides.has(f"troubleshooting#{code}")}
    assert {code: place for code, place in missing.items() if code not in NO_CODES} == {}


def test_every_cause_of_a_wrong_label_has_its_section(guides: Guides) -> None:
    assert [cause for cause in Cause if not guides.has(f"troubleshooting#locality-{cause}")] == []


def test_every_target_in_a_template_or_the_script_exists(guides: Guides) -> None:
    web = ROOT / "wizard" / "web"
    named = {
        next(filter(None, found.groups())): path.name
        for path in (*web.rglob("*.html"), *web.rglob("*.js"))
        for found in IN_A_PAGE.finditer(path.read_text(encoding="utf-8"))
    }
    assert {target: place for target, place in named.items() if not guides.has(target)} == {}


def test_every_way_in_and_every_media_server_has_its_section(guides: Guides) -> None:
    targets = {method.key: method.guide for method in METHODS.values()}
    targets |= {media.key: media.key_guide for media in MEDIA.values() if media.token_header}
    assert {key: target for key, target in targets.items() if not guides.has(target)} == {}


def test_every_field_of_the_steps_has_a_section_that_explains_it(guides: Guides) -> None:
    asked = {name for page in PAGES for name in fields_of(page.form)}
    assert asked == set(FIELD_GUIDES)
    assert [field for field, target in FIELD_GUIDES.items() if not guides.has(target)] == []
    assert [page.help for page in PAGES if not guides.has(page.help)] == []


def test_the_page_of_commands_is_what_the_command_itself_says() -> None:
    page = (ROOT / "docs_content" / "command-reference.md").read_text(encoding="utf-8")
    assert page == render(build_parser()), (
        "write it anew: python -m wizard.manual > docs_content/command-reference.md"
    )
