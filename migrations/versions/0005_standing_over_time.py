"""Who asked for a run, who took a row, how a host stands over time, history, receivers and notices."""

import sqlalchemy as sa
from alembic import op


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cause", sa.String(16), server_default="owner", nullable=False))
        batch_op.add_column(sa.Column("standing", sa.String(16), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column("concluded", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("changes", sa.JSON(), nullable=True))
        batch_op.create_index(batch_op.f("ix_runs_state"), ["state"], unique=False)
    # what ended before this was noted has had its consequences
    op.execute("update runs set concluded = version where state <> 'running'")
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.add_column(sa.Column("worker", sa.String(128), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "healths",
        sa.Column("host_key", sa.String(16), nullable=False),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("since_at", _AT, nullable=False),
        sa.Column("told", sa.String(16), nullable=False),
        sa.Column("told_codes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["host_key"], ["hosts.key"], name=op.f("fk_healths_host_key_hosts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("host_key", name=op.f("pk_healths")),
    )
    op.create_table(
        "days",
        sa.Column("host_key", sa.String(16), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("interruptions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["host_key"], ["hosts.key"], name=op.f("fk_days_host_key_hosts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("host_key", "day", name=op.f("pk_days")),
    )
    op.create_table(
        "receivers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receivers")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receiver_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("due_at", _AT, nullable=False),
        sa.Column("ended_at", _AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["receivers.id"], name=op.f("fk_notices_receiver_id_receivers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_state"), ["state"], unique=False)
        batch_op.create_index("ix_notices_receiver_key", ["receiver_id", "key"], unique=True)


def downgrade() -> None:
    for table in ("notices", "receivers", "days", "healths"):
        op.drop_table(table)
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.drop_column("worker")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_runs_state"))
        for column in ("changes", "concluded", "standing", "cause"):
            batch_op.drop_column(column)
