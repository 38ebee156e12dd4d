"""How a kind of media server is asked by public probes, and read from what they bring back."""

from __future__ import annotations

from collections.abc import Callable

from wizard.core.hosts import Edge, ProxyHost
from wizard.core.outside import Answerer, Question
from wizard.media import MEDIA
from wizard.media.shape import Identity, Media
from wizard.net.exchange import HttpAnswer


def path_for_probes(media: Media, base_path: str = "") -> str:
    """The path to ask for: the one that needs no login, below the upstream's base path."""
    return base_path + media.paths[-1]


def question_of(host: ProxyHost, edge: Edge, server_id: str = "") -> Question:
    """What public probes are asked about a placed proxy host. Nothing secret; which addresses it has stays open."""
    media = MEDIA[host.upstream.media]
    return Question(
        host.domain.name,
        path_for_probes(media, host.upstream.base_path),
        host.public_port(edge),
        expected_id=server_id,
        title=media.title if media.key != "other" else "application",
    )


def reader_for_probes(media: Media) -> Callable[[HttpAnswer], Answerer]:
    """Who sent an answer: this kind with its id, or what the other thing calls itself."""

    def recognise(answer: HttpAnswer) -> Answerer:
        found = media.read(answer)
        if isinstance(found, Identity):
            return Answerer(found.kind, found.id, found.name)
        return Answerer(called=found.called)

    return recognise
