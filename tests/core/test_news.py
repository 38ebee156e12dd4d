"""What is told and what is not: only changes, each once, and never what the owner has on the screen."""

from __future__ import annotations

from wizard.core.health import Health
from wizard.core.news import Kind, Told, news_of
from wizard.core.runs import Standing

W, N, U = Standing.WORKING, Standing.NOT_WORKING, Standing.UNCERTAIN
SOON = {"tls-expires-soon": "6 days left"}
SLOW = {"streaming-slow": "2 Mbit/s"}


class Receivers:
    """What they believe, and what came."""

    def __init__(self, *, wants_warnings: bool = False) -> None:
        self.told, self.came, self.wants = Told(), list[str](), wants_warnings

    def after(
        self,
        standing: Standing,
        warnings: dict[str, str] | None = None,
        *,
        by_owner: bool = False,
        in_doubt: bool = False,
    ) -> list[str]:
        """What comes after one more run."""
        health = Health(standing, in_doubt=in_doubt)
        self.told, news = news_of(self.told, health, warnings or {}, by_owner=by_owner, wants_warnings=self.wants)
        return [one.kind for one in news]


def test_down_and_up_are_told_once_each() -> None:
    them = Receivers()
    told = [them.after(one) for one in (W, W, N, N, N, W, W, N)]
    assert told == [[], [], [Kind.DOWN], [], [], [Kind.UP], [], [Kind.DOWN]]


def test_nothing_is_told_before_a_host_has_worked() -> None:
    them = Receivers()
    assert [them.after(one) for one in (N, N, U, W)] == [[], [], [], []]


def test_a_doubt_and_not_being_able_to_tell_are_no_news() -> None:
    them = Receivers()
    them.after(W)
    assert them.after(W, in_doubt=True) == []
    assert them.after(U) == []
    assert them.after(W) == []


def test_a_failure_on_the_owners_screen_is_told_only_when_it_lasts() -> None:
    them = Receivers()
    them.after(W)
    assert them.after(N, by_owner=True) == []
    assert them.after(N) == [Kind.DOWN]
    assert them.after(W, by_owner=True) == [Kind.UP]
    assert them.after(N, by_owner=True) == []
    assert them.after(W) == []


def test_a_certificate_that_ends_soon_is_told_once_and_again_the_next_time() -> None:
    them = Receivers()
    them.after(W)
    assert them.after(Standing.WARNINGS, SOON) == [Kind.CERTIFICATE]
    assert them.after(Standing.WARNINGS, SOON) == []
    assert them.after(N) == [Kind.DOWN]
    assert them.after(Standing.WARNINGS, SOON) == [Kind.UP]
    assert them.after(W) == []
    assert them.after(Standing.WARNINGS, SOON) == [Kind.CERTIFICATE]


def test_other_warnings_are_told_to_who_wants_them() -> None:
    quiet, curious = Receivers(), Receivers(wants_warnings=True)
    for them in (quiet, curious):
        them.after(W)
    assert quiet.after(Standing.WARNINGS, SLOW) == []
    assert curious.after(Standing.WARNINGS, SLOW | SOON) == [Kind.CERTIFICATE, Kind.WARNING]
    assert curious.after(Standing.WARNINGS, SLOW) == []
