"""Words: none of those we do not use, links into the guides that lead somewhere, and never a secret."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.fakes.plex import Plex
from tests.web.browsing import BAD, GOOD, Page, Visitor, given_host, given_run, go_to, visible
from wizard import web
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.guides import Guides
from wizard.methods import METHODS
from wizard.store import hosts
from wizard.web.browsers import browser_name
from wizard.web.joined import DOCS
from wizard.web.setup.pages import PAGES
from wizard.web.warnings import warnings_of

FOLDER = Path(web.__file__).parent
NOT_OURS = re.compile(
    r"\b(invalid|illegal|forbidden|oops|please|sorry|simply|an error occurred|something went wrong|not a valid)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def guides() -> Iterator[Guides]:
    found = Guides.load(DOCS)
    yield found
    found.close()


def sentences(path: Path) -> Iterator[str]:
    """Every text in a module that may be shown: not its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    notes = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in notes:
            yield node.value


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_no_sentence_in_the_code_uses_words_that_are_not_ours(path: Path) -> None:
    assert [text for text in sentences(path) if NOT_OURS.search(text)] == []


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.html")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_template_uses_words_that_are_not_ours(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert NOT_OURS.search(visible(text).replace("aria-invalid", "")) is None


def test_every_link_into_the_guides_leads_to_something(owner: Visitor, plex: Plex, guides: Guides) -> None:
    host = given_host(owner.place, forward_client_ip=False, websocket=False, upload_mbps=20.0)
    run = given_run(owner.place, host, GOOD, BAD)
    go_to(owner, "review", plex.url, domain="films.example.com")
    here = f"/hosts/{host.key}"
    paths = [
        *(f"/hosts/new/{page.step.name}" for page in PAGES),
        *("/", here, f"{here}/checks", f"{here}/checks/{run.id}", f"{here}/configuration", f"{here}/edit"),
        *("/settings/about", "/help", "/nothing"),
    ]
    seen = set()
    for path in paths:
        for link in Page(owner.get(path)).all("a"):
            parts = urlsplit(link.get("href", ""))
            if not parts.path.startswith("/help/") or parts.path.startswith("/help/search"):
                continue
            target = parts.path.removeprefix("/help/") + (f"#{parts.fragment}" if parts.fragment else "")
            assert guides.has(target), (path, target)
            seen.add(target)
    assert len(seen) > 20


def test_every_step_has_its_section_beside_it(owner: Visitor, plex: Plex, guides: Guides) -> None:
    go_to(owner, "review", plex.url)
    for page in PAGES:
        assert guides.section(page.help) is not None, page.step.name
        assert Page(owner.get(f"/hosts/new/{page.step.name}")).all("div", id="help-panel"), page.step.name


def test_every_warning_and_way_in_points_at_a_section(owner: Visitor, guides: Guides) -> None:
    https = Upstream("plex", "https", "192.168.1.20", 32400, Verify(VerifyKind.OFF))
    all_off = {"forward_client_ip": False, "websocket": False}
    worst = given_host(
        owner.place, "plex.example.com", upstream=https, upload_mbps=20.0, method="cloudflare", **all_off
    )
    limited = given_host(owner.place, "films.example.com", upload_mbps=20.0, stream_limit_mbps=8.0)
    found = [*warnings_of(worst), *warnings_of(limited)]
    assert {warning.key for warning in found} == {
        "counted-local",
        "websocket-off",
        "verify-off",
        "no-limit",
        "terms-video",
        "limit-means-convert",
    }
    targets = [*(warning.guide for warning in found), *(method.guide for method in METHODS.values())]
    assert [target for target in targets if not guides.has(target)] == []


def test_no_page_shows_a_secret(owner: Visitor) -> None:
    token = "the-media-token-itself"
    sealed = owner.place.vault.seal(token)
    host = given_host(owner.place)
    hosts.save_host(owner.place.database, host, sealed_token=sealed)
    run = given_run(owner.place, host, GOOD, BAD)
    secrets = (token, sealed, owner.app.config["SECRET_KEY"])
    here = f"/hosts/{host.key}"
    steps = (f"{here}/edit/{page.step.name}" for page in PAGES)
    pages = ("/", here, f"{here}/checks/{run.id}", f"{here}/configuration", f"{here}/caddyfile", "/settings/about")
    for path in (*pages, *steps, "/settings/account"):
        text = owner.get(path).text
        assert [secret for secret in secrets if secret in text] == [], path


def test_what_a_server_calls_itself_is_shown_as_text(owner: Visitor) -> None:
    host = given_host(owner.place)
    name = "<script>alert(1)</script>"
    hosts.note_server(owner.place.database, host.key, {"kind": "plex", "id": "a", "name": name})
    for path in ("/", f"/hosts/{host.key}", f"/hosts/{host.key}/edit", f"/hosts/{host.key}/edit/route"):
        text = owner.get(path).text
        assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in owner.get("/").text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.14", "curl"),
        ("x" * 100, "x" * 60),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_has_a_name_people_know(agent: str, name: str) -> None:
    assert browser_name(agent) == name
