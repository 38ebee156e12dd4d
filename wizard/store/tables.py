"""The tables. Kinds are text, never a database enum, so that a new kind needs no migration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, MetaData, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from wizard.store.columns import UtcDateTime

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """Declarative root with named constraints, which Alembic needs to change them later."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012 -- SQLAlchemy reads a plain dict here


class MetaRow(Table):
    """Single values of the installation, such as the set-up code."""

    __tablename__ = "meta"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class OwnerRow(Table):
    """The person who claimed this installation."""

    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]


class SignInRow(Table):
    """One signed-in browser. Holds only a hash of what the cookie carries."""

    __tablename__ = "sign_ins"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id", ondelete="CASCADE"))
    agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class FailedSignInRow(Table):
    """One failed try, for the lock-out."""

    __tablename__ = "failed_sign_ins"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class DraftRow(Table):
    """Answers of the wizard on their way to a proxy host. `host_key` is empty for a new one."""

    __tablename__ = "drafts"
    host_key: Mapped[str] = mapped_column(String(16), primary_key=True)
    answers: Mapped[dict[str, Any]]
    secrets: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class HostRow(Table):
    """One proxy host."""

    __tablename__ = "hosts"
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    domain: Mapped[str] = mapped_column(String(253), unique=True)
    settings: Mapped[dict[str, Any]]  # the rest of core.hosts.ProxyHost, as JSON
    server: Mapped[dict[str, Any]]  # what the media server said of itself last
    token: Mapped[str] = mapped_column(Text, default="")  # encrypted
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class EdgeRow(Table):
    """One Caddy that we drive beside the one of the settings."""

    __tablename__ = "edges"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    settings: Mapped[dict[str, Any]]  # the rest of core.hosts.Edge, as JSON
    created_at: Mapped[datetime]


class WayRow(Table):
    """What was set up for one way in, and what was last seen of it."""

    __tablename__ = "ways"
    method: Mapped[str] = mapped_column(String(32), primary_key=True)
    values: Mapped[dict[str, Any]]
    secret: Mapped[str] = mapped_column(Text, default="")  # encrypted
    seen: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime]


class ServerRow(Table):
    """A media server that was found, or saved by hand. `key` is made by core.servers.Found."""

    __tablename__ = "servers"
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(Text)
    scheme: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(String(253))
    port: Mapped[int]
    server_id: Mapped[str] = mapped_column(String(128))
    version: Mapped[str] = mapped_column(String(128))
    source: Mapped[str] = mapped_column(String(16))
    is_saved: Mapped[bool]
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class RevisionRow(Table):
    """One attempt to give a Caddy its configuration, with what was there before and after."""

    __tablename__ = "revisions"
    id: Mapped[int] = mapped_column(primary_key=True)
    edge: Mapped[str] = mapped_column(String(32))
    cause: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(32), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    sentences: Mapped[list[Any]]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    trouble: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    notes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RunRow(Table):
    """One execution of a set of checks for one proxy host. `version` grows with every visible change.

    `cause` says who asked for it, `standing` how it ended. `concluded` is the version whose conclusions were drawn:
    what changed since the run before (`changes`), the history, the standing of the host, notices.
    """

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), index=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id"))
    state: Mapped[str] = mapped_column(String(16), index=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause: Mapped[str] = mapped_column(String(16), default="owner", server_default="owner")
    standing: Mapped[str] = mapped_column(String(16), default="", server_default=text("''"))
    concluded: Mapped[int] = mapped_column(default=0, server_default="0")
    changes: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # null: nothing new


class ResultRow(Table):
    """One attempt at one check within a run."""

    __tablename__ = "results"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    check: Mapped[str] = mapped_column(String(80))  # the name of the row: a check, at a vantage
    attempt: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    verdicts: Mapped[list[Any]]
    observed: Mapped[dict[str, Any]]
    seconds: Mapped[float] = mapped_column(default=0.0)
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # what another vantage was asked, until it answers
    # the process that took it; empty: none that gives signs of life
    worker: Mapped[str] = mapped_column(String(128), default="", server_default=text("''"))
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_results_run_check", "run_id", "check", "attempt", unique=True),)


class TicketRow(Table):
    """A one-time address of the echo."""

    __tablename__ = "tickets"
    ticket: Mapped[str] = mapped_column(String(64), primary_key=True)
    mark: Mapped[str] = mapped_column(String(64))
    domain: Mapped[str] = mapped_column(String(253))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class VisitRow(Table):
    """A link for somebody's phone and what came of it. Of both its secrets only hashes can be read here.

    `link` is the secret sealed, so that the owner can be shown it again; `taken` are the steps that were made.
    """

    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(primary_key=True)
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"))
    link: Mapped[str] = mapped_column(Text)
    link_hash: Mapped[str] = mapped_column(String(64), unique=True)
    key_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    seen: Mapped[dict[str, Any]]
    taken: Mapped[list[Any]]
    findings: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HealthRow(Table):
    """How a proxy host stands after all its runs so far, and what the receivers of notices believe."""

    __tablename__ = "healths"
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), primary_key=True)
    standing: Mapped[str] = mapped_column(String(16))
    since_at: Mapped[datetime]
    told: Mapped[str] = mapped_column(String(16), default="")
    told_codes: Mapped[list[Any]]


class DayRow(Table):
    """What the runs of one day (UTC, as `2026-11-25`) found. Outlives the runs."""

    __tablename__ = "days"
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    checks: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    interruptions: Mapped[int] = mapped_column(default=0)


class ReceiverRow(Table):
    """An address to which notices go. `shown` is the part of it that is no secret."""

    __tablename__ = "receivers"
    id: Mapped[int] = mapped_column(primary_key=True)
    shown: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str] = mapped_column(Text)  # encrypted
    created_at: Mapped[datetime]


class NoticeRow(Table):
    """One notice for one receiver. `key` names its occasion, so that the same one is never told twice."""

    __tablename__ = "notices"
    id: Mapped[int] = mapped_column(primary_key=True)
    receiver_id: Mapped[int] = mapped_column(ForeignKey("receivers.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(96))
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), index=True)
    tries: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (Index("ix_notices_receiver_key", "receiver_id", "key", unique=True),)


class ServerWordsRow(Table):
    """What the media server of a proxy host told about itself."""

    __tablename__ = "server_words"
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), primary_key=True)
    settings: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reached_from: Mapped[str] = mapped_column(String(64), default="")
    remote: Mapped[dict[str, Any] | None] = mapped_column(JSON)


from wizard.store import traffic_tables  # noqa: E402, F401 -- whoever knows the tables must know those too
