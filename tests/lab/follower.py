"""The person who does only what the guide says: touches nothing that it does not name, and finds all it names."""

from __future__ import annotations

from collections.abc import Mapping

from tests.lab.desk import Desk
from tests.lab.guide_script import Step
from tests.lab.terminal import Terminal


class NotAsWrittenError(AssertionError):
    """The world is not as the guide says; the message holds its sentence."""


class Follower:
    """Follows one step. `outside` says which lines and words of it need the outside world, and why."""

    def __init__(self, step: Step, outside: Mapping[str, str]) -> None:
        self.step, self._outside = step, outside
        self._labels = dict.fromkeys(step.labels, False)
        self._lines = {line: False for box in step.boxes for line in box.lines if line.strip()}
        self._left_out: set[str] = set()

    # ---- labels -------------------------------------------------------------------------------------------------

    def press(self, desk: Desk, label: str) -> None:
        """Press a button, follow a link or choose an answer that the step names."""
        self._on_page(desk, "press", label)

    def press_in(self, desk: Desk, part: str, label: str) -> None:
        """The same in a row of a table or a part of the page: other parts have such a button, too."""
        self._on_page(desk, "press_in", label, part=part)

    def fill(self, desk: Desk, label: str, text: str | None = None) -> None:
        """Type into a field that the step names; what stands behind its name, unless the person has to know it."""
        self._on_page(desk, "fill", label, text=self.step.typed(label) if text is None else text)

    def is_on(self, desk: Desk, label: str) -> bool:
        """Whether a switch that the step names is on."""
        return bool(self._on_page(desk, "is_on", label))

    def value(self, desk: Desk, label: str) -> str:
        """What stands in a field that the step names."""
        return str(self._on_page(desk, "value", label))

    def sees(self, desk: Desk, *labels: str, seconds: float = 30) -> None:
        """Find labels on the page, waiting for them as long as a page may take."""
        for label in labels:
            self.names(label)
            try:
                desk.shows(label, seconds)
            except BaseException as missing:
                raise NotAsWrittenError(self._complaint(label, desk)) from missing

    def names(self, label: str) -> str:
        """Note that a label was looked up, wherever it stands."""
        if label not in self._labels:
            raise NotAsWrittenError(f"{self.step.id} does not say “{label}”: {self.step.words}")
        self._labels[label] = True
        return label

    def _on_page(self, desk: Desk, command: str, label: str, **fields: str) -> object:
        self.names(label)
        try:
            return desk.does(command, label=label, **fields)
        except LookupError as missing:
            raise NotAsWrittenError(self._complaint(label, desk)) from missing

    def _complaint(self, label: str, desk: Desk) -> str:
        picture = desk.does("picture", name=self.step.id)
        sentence = self.step.sentence(label)
        return f"“{label}” is not on the page ({picture}). {self.step.id}: {sentence}\n\n{desk.words[:3000]}"

    # ---- commands -----------------------------------------------------------------------------------------------

    def lines(self, place: str) -> list[str]:
        """The lines of the boxes that belong to a place."""
        boxes = [box for box in self.step.boxes if box.caption.startswith(place)]
        if not boxes:
            captions = [box.caption for box in self.step.boxes]
            raise NotAsWrittenError(f"{self.step.id} has no box for “{place}”, only {captions}")
        return [line for box in boxes for line in box.lines if line.strip()]

    def runs(self, terminal: Terminal, line: str, seconds: float = 30) -> str:
        """Type a line of a box, letter by letter; gives what it printed."""
        self.takes(line)
        return terminal.type(line, seconds)

    def reads(self, place: str) -> str:
        """What is to go into a file or a form, as one text."""
        lines = self.lines(place)
        self.takes(*lines)
        return "\n".join(lines)

    def takes(self, *lines: str) -> None:
        """Note that these lines of a box were done."""
        for line in lines:
            if line not in self._lines:
                raise NotAsWrittenError(f"{self.step.id} has no line {line!r}, only {list(self._lines)}")
            self._lines[line] = True

    # ---- the outside world --------------------------------------------------------------------------------------

    def stands_in(self, words: str) -> None:
        """Something that only the outside world has is stood in for by the lab; the list has to say why."""
        assert words in self._outside, f"{self.step.id}: “{words}” is not on the list of what needs the outside world"
        if words in self._lines:
            self._lines[words] = True
        elif words not in self.step.words:
            raise NotAsWrittenError(f"{self.step.id} does not say “{words}” any more: {self.step.words}")
        self._left_out.add(words)

    def finish(self) -> None:
        """Everything that the step names has been found or done, and nothing on the list is stale."""
        labels = [label for label, is_done in self._labels.items() if not is_done]
        lines = [line for line, is_done in self._lines.items() if not is_done]
        stale = sorted(set(self._outside) - self._left_out)
        if labels or lines or stale:
            raise NotAsWrittenError(
                f"{self.step.id}: nobody looked for {labels}, did {lines}, or stood in for {stale}: {self.step.words}"
            )
