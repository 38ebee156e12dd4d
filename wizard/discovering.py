"""Looking for media servers: every question side by side, each answer asked who it is, all within one time limit.

A server counts as found only when it said itself who it is.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from wizard.core.addresses import parse_address
from wizard.core.hosts import Upstream, Verify, VerifyKind
from wizard.core.servers import MOST_ANNOUNCED, USUAL_PORTS, Candidate, Found, Source, may_be_asked, sweep
from wizard.media import MEDIA, Identity, identify_any
from wizard.media.shape import cut
from wizard.net.announcing import Where, ask_hello, ask_plex, ask_upnp
from wizard.net.deadline import Deadline
from wizard.net.dockersocket import ask_docker
from wizard.net.door import Net
from wizard.net.knocking import knock

SECONDS = 5.5  # and a little for writing down
LISTEN_SECONDS = 3.0
ASK_SECONDS = 2.0
ASKING_THREADS = 32
_MOST_ASKED = 400


@dataclass(frozen=True, slots=True)
class Search:
    """What is known before: `known` servers with their ports, `machines` to try on the usual ports.

    `where` None: nobody on the network is asked. `docker` is the path of its socket, empty for none.
    """

    where: Where | None = None
    known: tuple[Candidate, ...] = ()
    machines: tuple[Candidate, ...] = ()
    docker: str = ""
    own: tuple[str, ...] = ()
    ports: tuple[int, ...] = tuple(USUAL_PORTS)
    loopback: bool = False


@dataclass
class _Looking:
    """One search while it goes on."""

    net: Net
    search: Search
    tell: Callable[[Found], None]
    deadline: Deadline
    asked: set[tuple[str, int]] = field(default_factory=set)
    answers: queue.SimpleQueue[Found] = field(default_factory=queue.SimpleQueue)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def may_ask(self, candidate: Candidate) -> bool:
        """True once for each address and port, and only for those that may be asked."""
        door = (candidate.address, candidate.port)
        with self.lock:
            if door in self.asked or len(self.asked) >= _MOST_ASKED or not self._is_near(candidate):
                return False
            self.asked.add(door)
            return True

    def _is_near(self, candidate: Candidate) -> bool:
        if parse_address(candidate.address) is not None:
            texts: tuple[str, ...] = (candidate.address,)
        elif candidate.source in {
            Source.HAND,
            Source.HOST,
            Source.MACHINE,
        }:  # only the owner's own words are looked up
            texts = self.net.addresses(candidate.address, seconds=1.0).values
        else:
            return False
        return bool(texts) and all(
            may_be_asked(text, candidate.source, loopback=self.search.loopback) for text in texts
        )


def discover(net: Net, search: Search, tell: Callable[[Found], None], *, seconds: float = SECONDS) -> None:
    """Look everywhere at once; `tell` hears of every server as it is found, on the thread of the caller.

    Ends within `seconds` and a moment. Only private and tailnet addresses are asked, a bounded number of them.
    """
    looking = _Looking(net, search, tell, Deadline(seconds))
    asking = ThreadPoolExecutor(ASKING_THREADS, thread_name_prefix="identify")
    sources = [
        threading.Thread(target=_follow, args=(looking, asking, source), daemon=True) for source in _sources(looking)
    ]
    try:
        for thread in sources:
            thread.start()
        _hear(looking, sources, asking)
    finally:
        asking.shutdown(wait=False, cancel_futures=True)


def _hear(looking: _Looking, sources: list[threading.Thread], asking: ThreadPoolExecutor) -> None:
    ended = threading.Event()

    def wait() -> None:
        for thread in sources:
            thread.join()
        asking.shutdown(wait=True)
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    while True:
        is_last = ended.is_set()
        try:
            while True:
                looking.tell(looking.answers.get(timeout=0.0 if is_last else min(0.1, looking.deadline.left())))
        except queue.Empty:
            if is_last:
                return
        except TimeoutError:
            return


def _sources(looking: _Looking) -> Iterator[Callable[[], Iterator[Candidate]]]:
    search, deadline = looking.search, looking.deadline
    if search.where is not None:
        where, listening = search.where, deadline.within(LISTEN_SECONDS)
        yield lambda: ask_plex(where, listening)
        yield lambda: ask_hello(Source.JELLYFIN, where, listening)
        yield lambda: ask_hello(Source.EMBY, where, listening)
        yield lambda: ask_upnp(where, listening)
    if search.docker:
        yield lambda: ask_docker(search.docker, search.own, deadline.within(LISTEN_SECONDS))
    yield lambda: iter(search.known)
    yield lambda: _open_doors(search, deadline)


def _open_doors(search: Search, deadline: Deadline) -> Iterator[Candidate]:
    tried = {(one.address, one.port): one for one in sweep(search.machines, search.ports, loopback=search.loopback)}
    for door in knock(tuple(tried), deadline):
        yield tried[door]


def _follow(looking: _Looking, asking: ThreadPoolExecutor, source: Callable[[], Iterator[Candidate]]) -> None:
    announced = 0
    try:
        for candidate in source():
            announced += candidate.source in {Source.GDM, Source.JELLYFIN, Source.EMBY, Source.SSDP}
            if announced > MOST_ANNOUNCED:
                return
            asking.submit(_identify, looking, candidate)
    except (TimeoutError, RuntimeError):  # time is up, and with it the threads that ask
        return


def _identify(looking: _Looking, candidate: Candidate) -> None:
    if not looking.may_ask(candidate):
        return
    try:
        seconds = looking.deadline.within(ASK_SECONDS).left()
    except TimeoutError:
        return
    verify = Verify(VerifyKind.OFF) if candidate.scheme == "https" else Verify()  # only a name is asked for
    upstream = Upstream(candidate.kind or "other", candidate.scheme, candidate.address, candidate.port, verify)
    identity = identify_any(looking.net, upstream, seconds=seconds)
    if isinstance(identity, Identity):
        looking.answers.put(found_of(candidate, identity))


def found_of(candidate: Candidate, identity: Identity) -> Found:
    """A server from where it was looked for and what it said."""
    return Found(
        kind=identity.kind,
        name=_name(candidate, identity),
        address=candidate.address,
        port=candidate.port,
        scheme=candidate.scheme,
        id=identity.id,
        version=identity.version,
        source=candidate.source,
    )


def _name(candidate: Candidate, identity: Identity) -> str:
    """What it calls itself, or was announced as, on one short line: anybody on the network may announce anything."""
    said = " ".join(cut(identity.name or candidate.name, 80).split())
    return said or f"{MEDIA[identity.kind].title} at {candidate.address}"
