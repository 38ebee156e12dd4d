"""How a kind of media server is asked by public probes, and read from what they bring back."""

from __future__ import annotations

from collections.abc import Callable

from wizard.core.outside import Answerer
from wizard.media.shape import Identity, Media
from wizard.net.exchange import HttpAnswer


def path_for_probes(media: Media, base_path: str = "") -> str:
    """The path to ask for: the one that needs no login, below the upstream's base path."""
    return base_path + media.paths[-1]


def reader_for_probes(media: Media) -> Callable[[HttpAnswer], Answerer]:
    """Who sent an answer: this kind with its id, or what the other thing calls itself."""

    def recognise(answer: HttpAnswer) -> Answerer:
        found = media.read(answer)
        if isinstance(found, Identity):
            return Answerer(found.kind, found.id, found.name)
        return Answerer(called=found.called)

    return recognise
