"""What media servers told about themselves."""

import sqlalchemy as sa
from alembic import op

from wizard.store.columns import UtcDateTime


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "server_words",
        sa.Column("host_key", sa.String(16), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("reached_from", sa.String(64), nullable=False),
        sa.Column("remote", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["host_key"], ["hosts.key"], name=op.f("fk_server_words_host_key_hosts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host_key", name=op.f("pk_server_words")),
    )


def downgrade() -> None:
    op.drop_table("server_words")
