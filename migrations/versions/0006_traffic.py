"""Sums of traffic, the newest requests, and how far each access log has been counted."""

import sqlalchemy as sa
from alembic import op


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "traffic_logs",
        sa.Column("host_key", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("covers", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.String(length=32), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("broken", sa.BigInteger(), nullable=False),
        sa.Column("gaps", sa.Integer(), nullable=False),
        sa.Column("left_bytes", sa.BigInteger(), nullable=False),
        sa.Column("newest", sa.Float(precision=53), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("masks", sa.Boolean(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["host_key"], ["hosts.key"], name="fk_traffic_logs_host_key_hosts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("host_key", name="pk_traffic_logs"),
    )
    op.create_table(
        "traffic_totals",
        sa.Column("host_key", sa.String(length=16), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("locality", sa.String(length=16), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("sent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("cut", sa.BigInteger(), nullable=False),
        sa.Column("sockets", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["host_key"], ["hosts.key"], name="fk_traffic_totals_host_key_hosts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("host_key", "span", "starts", "locality", name="pk_traffic_totals"),
    )
    op.create_table(
        "traffic_viewers",
        sa.Column("host_key", sa.String(length=16), nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("locality", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("product", sa.String(length=64), nullable=False),
        sa.Column("platform", sa.String(length=64), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("sent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("cut", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["host_key"], ["hosts.key"], name="fk_traffic_viewers_host_key_hosts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(
            "host_key", "span", "starts", "locality", "address", "device", "product", "platform", name="pk_traffic_viewers"
        ),
    )
    op.create_table(
        "traffic_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("host_key", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("locality", sa.String(length=16), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(precision=53), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["host_key"], ["hosts.key"], name="fk_traffic_requests_host_key_hosts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_traffic_requests"),
    )
    with op.batch_alter_table("traffic_requests", schema=None) as batch_op:
        batch_op.create_index("ix_traffic_requests_host", ["host_key", "id"], unique=False)


def downgrade() -> None:
    for table in ("traffic_requests", "traffic_viewers", "traffic_totals", "traffic_logs"):
        op.drop_table(table)
