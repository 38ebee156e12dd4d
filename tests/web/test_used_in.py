"""“Used in”: the places of the app that a guide names as using it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from tests.web.browsing import Visitor, given_host
from wizard import web
from wizard.checks import CHECKS
from wizard.guides import Guides
from wizard.guides.uses import checks_leading_to
from wizard.web.joined import DOCS
from wizard.web.used_in import PLACES

WEB = Path(web.__file__).parent
# a way in is named by the list of them, a run by the list of checks; nobody who is signed in claims again
NAMED_BY = dict.fromkeys(("tunnel_pages.py", "wireguard_pages.py", "opening_pages.py"), "ways_pages.py") | {
    "runs.py": "checks_list.py"
}
UNNAMED = {("account.py", "first-run")}


def named_in_views() -> Iterator[tuple[str, str]]:
    """Each file of pages with the guide that it puts beside one of them."""
    for path in WEB.glob("*.py"):
        for found in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(found, ast.Call) and ast.unparse(found.func) == "beside":
                for target in re.findall(r"'([a-z][a-z/-]*)#", ast.unparse(found)):
                    yield NAMED_BY.get(path.name, path.name), target


def test_every_page_with_a_guide_beside_it_is_named_by_that_guide(app: Flask) -> None:
    listed = {
        (Path(inspect.getfile(inspect.unwrap(app.view_functions[place.endpoint]))).name, guide)
        for place in PLACES
        if place.endpoint
        for guide in place.guides
    }
    named = set(named_in_views())
    assert len(named) > 12
    assert named - UNNAMED <= listed
    # the token's page takes its section from the kind of media server
    assert {file for file, _ in listed} - {file for file, _ in named} == {"tokens.py"}


def test_a_guide_says_which_steps_pages_and_checks_use_it(owner: Visitor) -> None:
    used = used_in(owner, "connect")
    assert "step 3, Your external domain" in used
    assert 'href="/settings/caddies"' in used
    assert f"check “{CHECKS['dns'].title}”" in used
    assert 'href="/help/checks#dns"' in used


def test_a_field_of_a_step_counts_as_using_its_guide(owner: Visitor) -> None:
    assert "step 4, Media server settings" in used_in(owner, "bandwidth-limits")
    assert "step 2, How people will reach it" in used_in(owner, "cgnat")


def test_a_guide_that_every_check_uses_does_not_list_them(owner: Visitor) -> None:
    assert "every check" in used_in(owner, "troubleshooting")
    assert "check “" not in used_in(owner, "troubleshooting")


def test_steps_and_pages_of_a_host_are_links_once_it_is_known_which(owner: Visitor) -> None:
    assert "/edit/connect" not in used_in(owner, "connect")
    key = given_host(owner.place).key
    assert f'href="/hosts/{key}/edit/connect"' in used_in(owner, "connect")
    assert f'href="/hosts/{key}/traffic"' in used_in(owner, "local-vs-remote")
    given_host(owner.place, domain="other.localhost")
    assert "/edit/connect" not in used_in(owner, "connect")


def test_a_guide_that_nothing_uses_says_nothing(owner: Visitor) -> None:
    assert "Used in" not in owner.get("/help/glossary").text


def test_a_check_uses_what_its_section_or_that_of_a_finding_links_to() -> None:
    guides = Guides.load(DOCS)
    assert "dns" in checks_leading_to(guides, "cgnat", CHECKS)
    assert checks_leading_to(guides, "notifications", CHECKS) == ()
    guides.close()


def used_in(owner: Visitor, slug: str) -> str:
    found = re.search(r'<p class="quiet used-in">(.*?)</p>', owner.get(f"/help/{slug}").text, re.DOTALL)
    assert found is not None
    return found[1]
