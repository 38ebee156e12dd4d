"""When an attempt may be taken, and how often a check was."""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.alter_column("touched_at", new_column_name="due_at")
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tries", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("results", schema=None) as batch_op:
        batch_op.drop_column("tries")
    with op.batch_alter_table("revisions", schema=None) as batch_op:
        batch_op.alter_column("due_at", new_column_name="touched_at")
