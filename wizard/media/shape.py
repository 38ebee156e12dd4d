"""What every media server has in common: Media, Identity, NotThis. Must not know any one of them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from wizard.core.faults import Fault
from wizard.core.hosts import Edge, ProxyHost
from wizard.core.locality import Rules, Surroundings
from wizard.core.streams import LiveStream, ServerSettings
from wizard.net.exchange import HttpAnswer

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_MAX_TITLE = 80


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a media server says it is.

    `id` never changes for one installation and is empty when this kind has none. `name` may be
    empty. `is_set_up` is False while the server's own first set-up is open, None when it did not say.
    """

    kind: str
    id: str
    name: str = ""
    version: str = ""
    is_set_up: bool | None = None
    seconds: float = 0.0

    @property
    def label(self) -> str:
        """Name and version for a sentence, such as `Nas (1.43.2)`."""
        if self.name and self.version:
            return f"{self.name} ({self.version})"
        return self.name or self.version


@dataclass(frozen=True, slots=True)
class NotThis:
    """Why something is not the media server that was asked for.

    `fault` says why no whole answer came; `status` is 0 unless the answer broke off in its body.
    `title` is what a page calls itself, such as "FRITZ!Box"; `server` its Server header; `location`
    where it would send a browser, without query. `is_closed` means: this kind, but it tells nothing
    without a login.
    """

    status: int = 0
    title: str = ""
    server: str = ""
    location: str = ""
    fault: Fault | None = None
    detail: str = ""
    is_closed: bool = False
    seconds: float = 0.0

    @property
    def called(self) -> str:
        """What the thing calls itself; empty when it does not say."""
        return self.title or self.server


@dataclass(frozen=True, slots=True)
class Instruction:
    """One thing to do in the media server after applying: a sentence, and text to copy when there is some."""

    text: str
    snippet: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What instructions may mention: the host, its edge, and the address from which Caddy asks the server."""

    host: ProxyHost
    edge: Edge
    caddy_address: str = ""


@dataclass(frozen=True, slots=True)
class Live:
    """How one kind tells a token who is watching and how it is set.

    The readers give None for an answer that is something else. `settings_paths` are asked in order, the first one
    must answer. `says` is False when the kind names only the viewer's address and never Local or Remote itself.
    """

    streams_path: str
    read_streams: Callable[[HttpAnswer, Surroundings], tuple[LiveStream, ...] | None]
    settings_paths: tuple[str, ...]
    read_settings: Callable[[tuple[HttpAnswer, ...]], ServerSettings | None]
    says: bool = True


@dataclass(frozen=True, slots=True)
class Media:
    """One kind of media server. One file each in `wizard/media/`, the value named `SERVER`.

    `paths` are asked in order until `read` makes an Identity of an answer. `hides_names` kinds treat
    a request that names an unknown host as foreign: probes put the address into Host. `redacted` are
    the header and query names that carry its tokens. `token_header` and `token_query` say how a token is
    sent (the query form for WebSockets). `set_up_first` is what to do while its own set-up is open.
    `locality` is how it sorts viewers into Local and Remote, None when nobody knows. `live` is how it tells who is
    watching. `key_name` is what its token is called, and `key_guide` the section that says where to find one.
    """

    key: str
    title: str
    default_port: int
    sentence: str
    paths: tuple[str, ...]
    read: Callable[[HttpAnswer], Identity | NotThis]
    instructions: Callable[[Place], tuple[Instruction, ...]]
    accept: str = "application/json"
    hides_names: bool = False
    has_plex_mode: bool = False
    websocket_path: str = ""
    token_header: Callable[[str], tuple[str, str]] | None = None
    token_query: str = ""
    read_name: Callable[[HttpAnswer], str] | None = None
    redacted: tuple[str, ...] = ()
    set_up_first: str = ""
    counted_local: str = ""
    locality: Rules | None = None
    live: Live | None = None
    key_name: str = "token"
    key_guide: str = ""
    order: int = 100


def other_thing(answer: HttpAnswer, *, is_closed: bool = False) -> NotThis:
    """What an answer that is not the wanted one tells about itself."""
    return NotThis(
        answer.status,
        page_title(answer.body),
        answer.header("server"),
        answer.header("location").split("?", 1)[0],
        answer.fault,
        answer.detail,
        is_closed,
        answer.seconds,
    )


def page_title(body: str) -> str:
    """The text of the first `<title>`, on one line, at most 80 characters; empty without one."""
    found = _TITLE.search(body)
    title = html.unescape(found[1]) if found else ""
    visible = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    return visible if len(visible) <= _MAX_TITLE else f"{visible[: _MAX_TITLE - 1]}…"


def cut(text: object, most: int = 120) -> str:
    """A value from a foreign answer as one short printable line; empty for anything that is no text or number."""
    if not isinstance(text, str | int):
        return ""
    return "".join(c for c in str(text) if c.isprintable())[:most]
