"""The tables of traffic: sums, the newest requests, and how far each access log has been counted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wizard.store.tables import Table


class TrafficLogRow(Table):
    """How far the access log of one host has been counted, and what its owner wants kept.

    `version` grows with every piece that was counted: whoever counted from an older one counted in vain.
    """

    __tablename__ = "traffic_logs"
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    covers: Mapped[int] = mapped_column(default=0)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    finished: Mapped[str] = mapped_column(String(32), default="")
    lines: Mapped[int] = mapped_column(BigInteger, default=0)
    broken: Mapped[int] = mapped_column(BigInteger, default=0)
    gaps: Mapped[int] = mapped_column(default=0)
    left_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    newest: Mapped[float] = mapped_column(Float(53), default=0.0)
    trouble: Mapped[str] = mapped_column(Text, default="")
    masks: Mapped[bool] = mapped_column(default=False)
    keep_days: Mapped[int] = mapped_column(default=90)


class TrafficTotalRow(Table):
    """Sums of one host in one span of time (60, 3,600 or 86,400 seconds from `starts`), Local and Remote apart."""

    __tablename__ = "traffic_totals"
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), primary_key=True)
    span: Mapped[int] = mapped_column(primary_key=True)
    starts: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    locality: Mapped[str] = mapped_column(String(16), primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    sent_bytes: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    cut: Mapped[int] = mapped_column(BigInteger)
    sockets: Mapped[int] = mapped_column(BigInteger)


class TrafficViewerRow(Table):
    """The same for each viewer: an address with what the player says of itself."""

    __tablename__ = "traffic_viewers"
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"), primary_key=True)
    span: Mapped[int] = mapped_column(primary_key=True)
    starts: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    locality: Mapped[str] = mapped_column(String(16), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    device: Mapped[str] = mapped_column(String(64), primary_key=True)
    product: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(64), primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    sent_bytes: Mapped[int] = mapped_column(BigInteger)
    cut: Mapped[int] = mapped_column(BigInteger)


class TrafficRequestRow(Table):
    """One proxied request, only the newest of each host. `at` is its end, in seconds since 1970."""

    __tablename__ = "traffic_requests"
    id: Mapped[int] = mapped_column(primary_key=True)
    host_key: Mapped[str] = mapped_column(ForeignKey("hosts.key", ondelete="CASCADE"))
    at: Mapped[float] = mapped_column(Float(53))
    address: Mapped[str] = mapped_column(String(64))
    locality: Mapped[str] = mapped_column(String(16))
    device: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(Text)
    status: Mapped[int]
    sent_bytes: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float | None] = mapped_column(Float(53))
    kind: Mapped[str] = mapped_column(String(16))

    __table_args__ = (Index("ix_traffic_requests_host", "host_key", "id"),)
