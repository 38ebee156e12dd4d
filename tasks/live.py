"""Who is watching, as the media server tells it: read by a job while somebody looks, kept in the broker for a while.

Nothing secret is kept: the token is opened inside the job and travels nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from redis.exceptions import RedisError

from tasks.workplace import Workplace
from wizard.core.arriving import Arrival, is_from_outside
from wizard.core.locality import Counted
from wizard.core.shapes import learn
from wizard.core.streams import LiveStream, RemoteSeen, Silence, Silent, Snapshot
from wizard.media import MEDIA
from wizard.media.live import ask_settings, ask_streams
from wizard.predicting import surroundings_of
from wizard.store import hosts, server_words
from wizard.store.clock import now
from wizard.store.traffic_queries import viewers_since

LOOKING_SECONDS = 15
FRESH = timedelta(seconds=1.5)
_KEPT_SECONDS = 3600
_SETTINGS_OLD = timedelta(seconds=8)
_REMOTE_AGAIN = timedelta(seconds=60)
_TAKEN_SECONDS = 10
_LATELY_SECONDS = 600


learn(Snapshot)


def note_looking(place: Workplace, host_key: str) -> bool:
    """Somebody looks at the traffic of this proxy host. True when it is time for a new look at the server.

    Then nobody else is told so until the look has ended, or took far too long.
    """
    try:
        place.redis.set(f"porthole:looking:{host_key}", "1", ex=LOOKING_SECONDS)
        snapshot = load_snapshot(place, host_key)
        if snapshot is not None and now() - snapshot.at < FRESH:
            return False
        return bool(place.redis.set(f"porthole:asking:{host_key}", "1", nx=True, ex=_TAKEN_SECONDS))
    except RedisError:
        return False


def is_looked_at(place: Workplace, host_key: str) -> bool:
    """True while somebody looks, or did a few seconds ago."""
    try:
        return bool(place.redis.exists(f"porthole:looking:{host_key}"))
    except RedisError:
        return False


def load_snapshot(place: Workplace, host_key: str) -> Snapshot | None:
    """The newest look; None when there was none in the last hour, or the broker is away."""
    try:
        kept = place.redis.get(f"porthole:streams:{host_key}")
    except RedisError:
        return None
    try:
        return msgspec.json.decode(kept, type=Snapshot) if isinstance(kept, str) else None
    except msgspec.DecodeError:  # of another version
        return None


def forget_snapshot(place: Workplace, host_key: str) -> None:
    """After the token was changed or removed."""
    try:
        place.redis.delete(f"porthole:streams:{host_key}")
    except RedisError:
        return


def take_look(place: Workplace, host_key: str) -> Snapshot | None:
    """Ask the server who is watching, now and then also how it is set; keep both. None for a host that is gone."""
    saved = hosts.load_host(place.database, host_key)
    if saved is None:
        return None
    token = place.vault.open(hosts.sealed_token(place.database, host_key))
    _learn_settings(place, saved, token)
    snapshot = _look(place, saved, token)
    try:
        place.redis.set(f"porthole:streams:{host_key}", msgspec.json.encode(snapshot).decode(), ex=_KEPT_SECONDS)
        place.redis.delete(f"porthole:asking:{host_key}")
    except RedisError:
        pass  # the page says "No data since"; the next look tries again
    if snapshot.silent is None:
        note_proof(place, host_key, snapshot.streams)
    return snapshot


def arrivals_of(place: Workplace, host_key: str) -> tuple[Arrival, ...]:
    """The viewers of the last minutes as Caddy's log has them."""
    seen = viewers_since(place.database, host_key, now().timestamp() - _LATELY_SECONDS)
    return tuple(Arrival(one.viewer.address, one.viewer.device or one.viewer.product) for one in seen)


def _look(place: Workplace, saved: hosts.SavedHost, token: str) -> Snapshot:
    upstream = saved.host.upstream
    around = surroundings_of(server_words.load_words(place.database, saved.host.key))
    found = ask_streams(place.net, MEDIA[upstream.media], upstream, token, around)
    if not isinstance(found, Silent):
        return Snapshot(now(), found, answered_at=now())
    before = load_snapshot(place, saved.host.key)
    if before is None or found.why in {Silence.NO_TOKEN, Silence.REFUSED, Silence.NOT_ALLOWED}:
        return Snapshot(now(), silent=found)
    return Snapshot(now(), before.streams, found, before.answered_at)


def _learn_settings(place: Workplace, saved: hosts.SavedHost, token: str) -> None:
    """How the server is set and from where Caddy reaches it, every few seconds at most."""
    host = saved.host
    known = server_words.load_words(place.database, host.key)
    is_new = known.told_at is not None and now() - known.told_at < _SETTINGS_OLD
    if is_new or (not token and known.reached_from):
        return
    told = ask_settings(place.net, MEDIA[host.upstream.media], host.upstream, token)
    settings = None if isinstance(told, Silent) else told
    server_words.note_settings(place.database, host.key, settings, reached_from=reached_from(place, saved))


def reached_from(place: Workplace, saved: hosts.SavedHost) -> str | None:
    """The address from which Caddy reaches the server; None when Caddy runs elsewhere, or nothing answers."""
    if place.edge_of(saved.host).address not in {"127.0.0.1", "::1", "localhost"}:
        return None
    upstream = saved.host.upstream
    found = place.net.addresses(upstream.address, seconds=2)
    tried = place.net.connect(found.values[0], upstream.port, seconds=2) if found.values else None
    return tried.local_address if tried and tried.fault is None else None


def note_proof(place: Workplace, host_key: str, streams: Sequence[LiveStream]) -> None:
    """A stream from outside that counts as Remote is remembered, so that the check can name it later."""
    at = now().replace(microsecond=0)
    known = server_words.load_words(place.database, host_key).remote
    if known and at - known.at < _REMOTE_AGAIN:
        return
    for stream in streams:
        if stream.counted is Counted.REMOTE and is_from_outside(stream.address):
            seen = RemoteSeen(at, stream.address, stream.device or stream.app)
            server_words.note_remote(place.database, host_key, seen)
            return
