"""Documents of others as they may come one day: keys left out, values of any other kind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2026-13-40T99:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def bent(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """The same document with some of its keys gone and some of its values replaced."""
    gone = draw(st.sets(st.sampled_from(sorted(whole)), max_size=len(whole)))
    other = draw(st.dictionaries(st.sampled_from(sorted(whole)), ANYTHING, max_size=4))
    return {key: value for key, value in whole.items() if key not in gone} | other
