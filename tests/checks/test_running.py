"""Making a check: skips, our own bugs, and observations that travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest

from tests.checks.sets import TOKEN, codes, host, scene
from wizard.checks import CHECKS, needs, run_check
from wizard.checks.running import judge_again
from wizard.core.checks import Check, Hop, Scene, Skip
from wizard.core.outside import Services
from wizard.core.verdicts import CheckResult, Level, Verdict
from wizard.net import Net


@dataclass(frozen=True, slots=True)
class Subject:
    word: str


@dataclass(frozen=True, slots=True)
class Seen:
    length: int


CHECK = Check(
    name="length",
    title="Length",
    question="How long is it?",
    hop=Hop.CADDY,
    help="checks#length",
    subject_type=Subject,
    seen_type=Seen,
    subject=lambda scene: Subject(scene.host.domain.name),
    observe=lambda net, subject: Seen(len(subject.word)),  # noqa: ARG005 -- the shape of every observe
    judge=lambda subject, seen: (Verdict("length-ok", Level.OK, f"{subject.word} has {seen.length}"),),
)


def test_a_result_holds_verdicts_observation_and_time() -> None:
    result = run_check(CHECK, Net(), scene())
    assert isinstance(result, CheckResult)
    assert (result.check, codes(result.verdicts), result.observed) == ("length", ["length-ok ok"], {"length": 16})
    assert result.seconds >= 0


def test_a_stored_observation_is_judged_the_same_again() -> None:
    (verdict,) = judge_again(CHECK, Subject("four"), {"length": 4})
    assert verdict.summary == "four has 4"


def test_a_check_that_is_not_made_says_why() -> None:
    skipping = replace(CHECK, subject=lambda scene: Skip("not today"))  # noqa: ARG005 -- the shape of every subject
    assert run_check(skipping, Net(), scene()) == Skip("not today")


@pytest.mark.parametrize("part", ["subject", "observe", "judge"])
def test_a_bug_of_ours_is_unknown_and_never_tells_a_secret(part: str) -> None:
    def fail(*given: object) -> Any:
        raise KeyError(f"no {TOKEN} here")

    result = run_check(replace(CHECK, **{part: fail}), Net(), scene(token=TOKEN))  # type: ignore[arg-type]  # a field each
    assert isinstance(result, CheckResult)
    assert codes(result.verdicts) == ["check-could-not-run unknown"]
    assert result.verdicts[0].summary == "The checker stopped. This is our fault, not yours."
    assert "KeyError in fail" in result.verdicts[0].detail
    assert TOKEN not in repr(result)


def test_what_every_check_needs_is_a_check_before_it() -> None:
    order = list(CHECKS)
    for name, wanted in needs().items():
        assert all(order.index(other) < order.index(name) for other in wanted)
    first = {
        "upstream": (),
        "dns": (),
        "tls": ("dns",),
        "identity": ("tls", "upstream"),
        "headers": ("identity",),
        "websocket": ("identity",),
    }
    assert first.items() <= needs().items()


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.name)
def test_a_paused_host_is_looked_at_only_at_home(check: Check[Any, Any]) -> None:
    found = check.subject(scene(host=host(paused=True)))
    assert isinstance(found, Skip) == (check.name != "upstream")


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.name)
def test_a_subject_travels_as_json_and_few_take_the_token(check: Check[Any, Any]) -> None:
    # a host whose way in has something of its own to ask
    here = scene(host=host(method="wireguard"), token=TOKEN, roots_pem="root", probes=Services())
    subject = check.subject(here)
    again = msgspec.json.decode(msgspec.json.encode(subject), type=check.subject_type)
    assert again == subject
    assert (TOKEN in str(msgspec.to_builtins(subject))) == (check.name in {"websocket", "exposure", "locality"})
    assert TOKEN not in repr(subject)


@pytest.mark.parametrize("check", [one for one in CHECKS.values() if one.travels], ids=lambda check: check.name)
def test_what_goes_elsewhere_has_neither_the_token_nor_the_home_address(check: Check[Any, Any]) -> None:
    here = scene(token=TOKEN, own_addresses=("203.0.113.77",))
    subject = check.subject(here.elsewhere("paris"))
    assert not isinstance(subject, Skip)
    sent = msgspec.json.encode(subject).decode()
    for secret in (TOKEN, here.host.upstream.address, "203.0.113.77"):
        assert secret not in sent
    assert msgspec.json.decode(sent, type=check.subject_type) == subject


def test_a_scene_never_shows_its_token() -> None:
    assert TOKEN not in repr(Scene(host(), scene().edge, token=TOKEN))
