"""A walkthrough read as a script, and a follower who complains wherever guide and world differ. Needs no lab."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.lab.follower import Follower, NotAsWrittenError
from tests.lab.guide_script import Box, Step, read_script
from tests.lab.walk_outside import OUTSIDE
from tests.lab.walk_stage import script
from wizard.guides.source import Source

TEXT = """
## Start {#start}

Type this first.

```bash title="On the VPS, in a terminal"
make run
echo `hostname`
```

1. Choose **Plex**. As **Home address**, type
   `[[tailnet_address]]:32400`. Then **Test and continue**.

    ```bash title="At home"
    curl 1.2.3.4
    ```

2. Look for **`[[domain]]` works**.

In the end it says **Working**.

### Only words {#only-words}

Nothing to do. *Italics* are for others. See `port 443`.
"""


def read(text: str = TEXT) -> dict[str, Step]:
    source = Source("x", "X", 1, "g", "s", date(2026, 1, 1), "", text, ())
    return read_script(source, {"tailnet_address": "100.1.2.3", "domain": "plex.example.org"})


class Page:
    """A desk whose page has exactly these labels."""

    words = "the words of the page"

    def __init__(self, *labels: str) -> None:
        self.labels = labels
        self.done: list[tuple[str, str]] = []

    def does(self, command: str, label: str = "", **fields: str) -> Any:
        if command == "picture":
            return "picture.png"
        if label not in self.labels:
            raise LookupError(label)
        self.done.append((command, fields.get("text", label)))
        return True


def test_sections_items_and_what_follows_them_are_steps_in_order() -> None:
    steps = read()
    assert list(steps) == ["start", "start.1", "start.2", "start.after", "only-words"]
    assert [step.id for step in steps.values() if not step.asks] == ["only-words"]
    assert steps["start"].boxes == (Box("On the VPS, in a terminal", ("make run", "echo `hostname`")),)
    assert steps["start.1"].labels == ("Plex", "Home address", "Test and continue")
    assert steps["start.1"].typed("Home address") == "100.1.2.3:32400"
    assert [box.caption for box in steps["start.1"].boxes] == ["At home"]
    assert steps["start.2"].labels == ("plex.example.org works",)
    assert steps["start.after"].labels == ("Working",)
    assert steps["only-words"].codes == ("port 443",)


def test_a_label_that_is_not_on_the_page_is_told_with_its_sentence() -> None:
    page: Any = Page("Plex", "Home address", "Test it and continue")
    follower = Follower(read()["start.1"], {})
    follower.press(page, "Plex")
    follower.fill(page, "Home address")
    assert page.done == [("press", "Plex"), ("fill", "100.1.2.3:32400")]
    with pytest.raises(NotAsWrittenError, match=r"start\.1: Then \*\*Test and continue\*\*") as failed:
        follower.press(page, "Test and continue")
    assert "the words of the page" in str(failed.value)


def test_nobody_may_know_more_than_the_guide_says() -> None:
    page: Any = Page("Save", "Plex")
    follower = Follower(read()["start.1"], {})
    with pytest.raises(NotAsWrittenError, match="does not say “Save”"):
        follower.press(page, "Save")
    with pytest.raises(NotAsWrittenError, match="has no line 'rm -rf'"):
        follower.takes("rm -rf")
    with pytest.raises(NotAsWrittenError, match="has no box for “On the VPS”"):
        follower.lines("On the VPS")
    with pytest.raises(AssertionError, match="is not on the list"):
        follower.stands_in("curl 1.2.3.4")


def test_nobody_may_leave_out_what_the_guide_says() -> None:
    page: Any = Page("Plex", "Home address", "Test and continue")
    follower = Follower(read()["start.1"], {"curl 1.2.3.4": "no such machine", "an old sentence": "gone"})
    follower.press(page, "Plex")
    with pytest.raises(NotAsWrittenError, match=r"nobody looked for .*Home address.*did .*curl 1.2.3.4"):
        follower.finish()
    follower.fill(page, "Home address")
    follower.press(page, "Test and continue")
    follower.stands_in("curl 1.2.3.4")
    with pytest.raises(NotAsWrittenError, match="does not say “an old sentence” any more"):
        follower.stands_in("an old sentence")
    with pytest.raises(NotAsWrittenError, match=r"stood in for .*an old sentence"):
        follower.finish()


def test_everything_that_needs_the_outside_world_has_its_reason_and_stands_in_the_guide() -> None:
    steps = script()
    for name, entries in OUTSIDE.items():
        for words, reason in entries.items():
            assert reason.endswith("."), words
            lines = [line for box in steps[name].boxes for line in box.lines]
            assert words in steps[name].words or words in lines, f"{name} does not say {words}"
