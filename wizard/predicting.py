"""What the media server of one proxy host will call a viewer, from what is known about both. Pure."""

from __future__ import annotations

from collections.abc import Callable

from wizard.core.hosts import ProxyHost
from wizard.core.locality import Counting, Surroundings, classifier
from wizard.core.streams import ServerWords
from wizard.media import MEDIA

Predict = Callable[[str], Counting]


def predictor(host: ProxyHost, words: ServerWords) -> Predict:
    """A function of the viewer's address as Caddy knows it. It remembers its answers: use it for every log line."""
    kind = MEDIA.get(host.upstream.media)
    classify = classifier(kind.locality if kind else None, surroundings_of(words))

    def predict(viewer: str) -> Counting:
        return classify(words.reached_from, viewer if host.forward_client_ip else None)

    return predict


def surroundings_of(words: ServerWords) -> Surroundings:
    """What the server told, else its defaults."""
    return words.settings.around if words.settings else Surroundings()
