"""Alembic's environment: migrations run from `wizard.store.session.migrate`, on its connection."""

from typing import Any

from alembic import context

from wizard.store.columns import UtcDateTime
from wizard.store.tables import Table


def _render(kind: str, item: Any, _context: Any) -> str | bool:
    """Migrations must not depend on our column classes, which may move."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True, render_item=_render)
with context.begin_transaction():
    context.run_migrations()
