"""What a live run page says aloud about a change: failures at once and by name, the half, the verdict. Pure."""

from __future__ import annotations

from wizard.web.runs_view import RunView


def spoken(before: RunView | None, after: RunView) -> tuple[str, bool]:
    """The words, empty for nothing new, and whether they must not be dropped for newer ones.

    `before` is None on every connect, also when a hidden tab comes back in the middle of a run.
    """
    is_over = after.done == after.total
    if before is None:
        return _greeting(after, is_over=is_over)
    news = [*_fixed(before, after), *_failed(before, after), *_same_again(before, after)]
    if is_over:
        return ". ".join([*news, after.verdict["text"]]), True
    if after.verdict["state"] == "broken" and before.verdict["state"] != "broken":
        return after.verdict["text"], True
    if news:
        return ". ".join(news), True
    if before.done < after.total / 2 <= after.done:
        return f"{after.done} of {after.total} done", False
    return "", False


def _greeting(after: RunView, *, is_over: bool) -> tuple[str, bool]:
    if is_over or after.verdict["state"] == "broken":
        return after.verdict["text"], True
    if after.done == 0:
        return f"Checks started, {after.total} in all", False
    return f"{after.done} of {after.total} done", False


def _failed(before: RunView, after: RunView) -> list[str]:
    old = {row["name"]: row["state"] for row in before.rows}
    repeated = _repeated(after)
    return [
        f"Failed: {row['title']}"
        for row in after.rows
        if row["state"] == "failed" and old.get(row["name"]) != "failed" and row["name"] not in repeated
    ]


def _fixed(before: RunView, after: RunView) -> list[str]:
    known = {card["name"] for card in before.cards if card.get("fixed")}
    return [card["fixed"] for card in after.cards if card.get("fixed") and card["name"] not in known]


def _same_again(before: RunView, after: RunView) -> list[str]:
    known = {card.get("again") for card in before.cards}
    return [card["again"] for card in after.cards if card.get("again") and card["again"] not in known]


def _repeated(view: RunView) -> set[str]:
    return {card["name"] for card in view.cards if card.get("again")}
