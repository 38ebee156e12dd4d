"""The examples of CONTRIBUTING.md are held to the rules of the real ones, so that they cannot grow old."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.architecture.source import ROOT
from tests.checks.sets import scene
from tests.checks.test_contract import test_each_check_is_whole as check_is_whole
from tests.media.test_shelf import test_each_kind_is_whole as kind_is_whole
from tests.media.test_shelf import (
    test_instructions_are_sentences_with_the_persons_own_values as instructions_are_whole,
)
from tests.methods.test_shelf import test_nobody_is_trusted_but_exact_hops as only_exact_hops
from tests.methods.test_shelf import test_the_advice_for_dns_is_filled_with_the_persons_own_name as advice_is_filled
from tests.methods.test_shelf import test_the_facts_are_complete as facts_are_complete
from tests.net.small import Small, answers
from wizard.checks import run_check
from wizard.core.verdicts import CheckResult, Level
from wizard.guides import Guides
from wizard.media import Identity, NotThis
from wizard.methods import METHODS
from wizard.net import HttpAnswer, Net

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
EXAMPLES = {path: code for path, code in re.findall(r"```python\n# (\S+)\n(.*?)```", TEXT, re.DOTALL)}  # noqa: C416 -- reads as what it is


@pytest.fixture
def example(request: pytest.FixtureRequest) -> Iterator[types.ModuleType]:
    """One example as a module that was imported from its place."""
    path = str(request.param)
    name = path.removesuffix(".py").replace("/", ".")
    module = types.ModuleType(name)
    sys.modules[name] = module  # dataclasses look their module up
    exec(compile(EXAMPLES[path], path, "exec"), module.__dict__)
    yield module
    del sys.modules[name]


def test_there_is_an_example_for_each_shelf() -> None:
    assert {path.rpartition("/")[0] for path in EXAMPLES} == {"wizard/checks", "wizard/media", "wizard/methods"}
    assert not [path for path in EXAMPLES if (ROOT / path).exists()]


@pytest.mark.parametrize("example", ["wizard/checks/robots.py"], indirect=True)
def test_the_check_looks_and_judges(example: types.ModuleType) -> None:
    check = example.CHECK
    check_is_whole(check)
    with Small(answers("User-agent: *\nDisallow: /\n")) as site:
        seen = check.observe(Net(), example.Subject(f"http://127.0.0.1:{site.port}/robots.txt", ""))
        closed = check.judge(example.Subject("https://plex.example.com/robots.txt", ""), seen)
    assert [(verdict.code, verdict.level) for verdict in closed] == [("robots-ok", Level.OK)]
    assert msgspec.convert(msgspec.to_builtins(seen), check.seen_type) == seen
    open_ = check.judge(example.Subject("u", ""), example.Seen(HttpAnswer("u", 404)))
    assert [verdict.code for verdict in open_] == ["robots-open"]
    silent = run_check(check, Net(known={"plex.example.com": ()}), scene())
    assert isinstance(silent, CheckResult)
    assert [verdict.code for verdict in silent.verdicts] == ["robots-could-not-look"]


@pytest.mark.parametrize("example", ["wizard/media/navidrome.py"], indirect=True)
def test_the_media_server_is_recognised(example: types.ModuleType) -> None:
    media = example.SERVER
    kind_is_whole(media)
    instructions_are_whole(media)
    page = HttpAnswer("http://x/", 200, body="<html><title>Navidrome</title></html>")
    assert media.read(page) == Identity("navidrome", "", "Navidrome")
    for body in ("", "null", "<title>FRITZ!Box</title>", "\0"):
        assert isinstance(media.read(HttpAnswer("http://x/", 200, body=body)), NotThis)


@pytest.mark.parametrize("example", ["wizard/methods/frp.py"], indirect=True)
def test_the_way_in_has_its_facts(example: types.ModuleType) -> None:
    method = example.METHOD
    for rule in (facts_are_complete, advice_is_filled, only_exact_hops):
        rule(method)
    assert method.key not in METHODS
    assert Guides.load(ROOT / "docs_content").has(method.guide)


def test_the_guide_loads(tmp_path: Path) -> None:
    (found,) = re.findall(r"```markdown\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "navidrome.md").write_text(found)
    assert Guides.load(tmp_path).has("navidrome#server-address")


def test_the_files_it_names_exist() -> None:
    for path in re.findall(r"`((?:wizard|tasks|tests|docs_content)/[\w/.-]+)`", TEXT):
        assert (ROOT / path).exists() or path in EXAMPLES, path
