"""A sentence that says why some text is not the value that was asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong with a text, in a sentence for the person who typed it.

    `suggestion` may carry the value that would have been right, to be offered as one click.
    """

    message: str
    suggestion: str = ""
