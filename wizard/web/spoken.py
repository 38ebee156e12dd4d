"""What a live run page says aloud about a change: failures at once and by name, the half, the verdict. Pure."""

from __future__ import annotations

from wizard.web.runs_view import RunView


def spoken(before: RunView | None, after: RunView) -> tuple[str, bool]:
    """The words, empty for nothing new, and whether they must not be dropped for newer ones.

    `before` is None on every connect: at the beginning, when a hidden tab comes back, and after "Check again".
    """
    news = [*_fixed(before, after), *_failed(before, after), *_same_again(before, after)]
    progress = f"{after.done} of {after.total} done"
    if after.is_over:
        return ". ".join([*news, after.verdict["text"]]), True
    if after.verdict["state"] == "broken" and (before is None or before.verdict["state"] != "broken"):
        return ". ".join([*news, after.verdict["text"]]), True
    if before is None:
        return (
            (". ".join([*news, progress]), bool(news))
            if after.done
            else (f"Checks started, {after.total} in all", False)
        )
    if news:
        return ". ".join(news), True
    return (progress, False) if before.done < after.total / 2 <= after.done else ("", False)


def _failed(before: RunView | None, after: RunView) -> list[str]:
    old = {row["name"]: row["state"] for row in before.rows} if before else {}
    repeated = {card["name"] for card in after.cards if card.get("again")}
    return [
        f"Failed: {row['title']}"
        for row in after.rows
        if row["state"] == "failed" and old.get(row["name"]) != "failed" and row["name"] not in repeated
    ]


def _fixed(before: RunView | None, after: RunView) -> list[str]:
    known = {card["name"] for card in before.cards if card.get("fixed")} if before else set()
    return [card["fixed"] for card in after.cards if card.get("fixed") and card["name"] not in known]


def _same_again(before: RunView | None, after: RunView) -> list[str]:
    known = {card.get("again") for card in before.cards} if before else set()
    return [card["again"] for card in after.cards if card.get("again") and card["again"] not in known]
