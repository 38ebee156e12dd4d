"""What changed between two runs, as tables."""

from __future__ import annotations

from wizard.core.changes import Change, Finding, Turn, compare, is_news
from wizard.core.verdicts import Level

BAD = Finding("dns", Level.FAILURE, "dns-not-here", "plex.example.com leads to 203.0.113.9")
SLOW = Finding("streaming", Level.WARNING, "streaming-slow", "2 Mbit/s")


def turns(changes: tuple[Change, ...]) -> list[tuple[str, str]]:
    return [(change.turn, change.row) for change in changes]


def test_a_finding_is_new_still_there_or_fixed() -> None:
    assert turns(compare([], [BAD], frozenset())) == [("new", "dns")]
    assert turns(compare([BAD], [BAD], frozenset())) == [("still", "dns")]
    assert turns(compare([BAD], [], frozenset({"dns"}))) == [("fixed", "dns")]


def test_what_was_not_looked_at_again_is_not_fixed() -> None:
    assert compare([BAD, SLOW], [BAD], frozenset()) == (Change(Turn.STILL, "dns", Level.FAILURE, BAD.summary),)


def test_other_words_for_the_same_are_no_news_and_another_finding_in_the_row_is() -> None:
    faster = Finding("streaming", Level.WARNING, "streaming-slow", "3 Mbit/s")
    other = Finding("streaming", Level.FAILURE, "streaming-cut", "The film stops")
    assert turns(compare([SLOW], [faster], frozenset())) == [("still", "streaming")]
    assert turns(compare([SLOW], [other], frozenset())) == [("new", "streaming")]


def test_new_comes_first_and_the_worst_of_it_before_the_rest() -> None:
    before = [Finding("tls", Level.WARNING, "tls-expires-soon", "7 days left")]
    changes = compare(before, [SLOW, BAD], frozenset({"tls"}))
    assert turns(changes) == [("new", "dns"), ("new", "streaming"), ("fixed", "tls")]


def test_only_what_is_different_is_news() -> None:
    assert not is_news(())
    assert not is_news(compare([BAD], [BAD], frozenset()))
    assert is_news(compare([BAD], [], frozenset({"dns"})))
