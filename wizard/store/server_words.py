"""What a media server told, kept for predictions and as proof. Nothing in it is secret."""

from __future__ import annotations

import msgspec

from wizard.core.shapes import learn
from wizard.core.streams import RemoteSeen, ServerSettings, ServerWords
from wizard.store.clock import now
from wizard.store.session import Database
from wizard.store.tables import HostRow, ServerWordsRow

learn(ServerSettings, RemoteSeen)


def load_words(database: Database, host_key: str) -> ServerWords:
    """Everything kept; empty when nothing was told yet."""
    with database.read() as session:
        row = session.get(ServerWordsRow, host_key)
        if row is None:
            return ServerWords()
        settings = msgspec.convert(row.settings, ServerSettings) if row.settings else None
        remote = msgspec.convert(row.remote, RemoteSeen) if row.remote else None
        return ServerWords(settings, row.told_at, row.reached_from, remote)


def note_settings(
    database: Database, host_key: str, settings: ServerSettings | None, *, reached_from: str | None = None
) -> None:
    """Keep what the server told about its settings. None keeps what is known. Gone hosts are passed over."""
    with database.write() as session:
        if session.get(HostRow, host_key) is None:
            return
        row = session.get(ServerWordsRow, host_key)
        if row is None:
            row = ServerWordsRow(host_key=host_key, reached_from="")
            session.add(row)
        if settings is not None:
            row.settings = msgspec.to_builtins(settings)
            row.told_at = now()
        if reached_from is not None:
            row.reached_from = reached_from


def note_remote(database: Database, host_key: str, seen: RemoteSeen) -> None:
    """Remember a stream from outside that was counted as Remote, unless a newer one is known."""
    with database.write() as session:
        if session.get(HostRow, host_key) is None:
            return
        row = session.get(ServerWordsRow, host_key)
        if row is None:
            row = ServerWordsRow(host_key=host_key, reached_from="")
            session.add(row)
        known = msgspec.convert(row.remote, RemoteSeen) if row.remote else None
        if known is None or known.at < seen.at:
            row.remote = msgspec.to_builtins(seen)


def forget_words(database: Database, host_key: str) -> None:
    """Forget what was told with a token that is gone; where Caddy reaches it from stays."""
    with database.write() as session:
        if row := session.get(ServerWordsRow, host_key):
            row.settings = row.told_at = row.remote = None
