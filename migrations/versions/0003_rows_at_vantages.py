"""Rows of a run at other vantages: a longer name, and what was asked there."""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.alter_column("check", existing_type=sa.String(32), type_=sa.String(80), existing_nullable=False)
        batch_op.add_column(sa.Column("asked", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.drop_column("asked")
        batch_op.alter_column("check", existing_type=sa.String(80), type_=sa.String(32), existing_nullable=False)
