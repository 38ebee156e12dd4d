"""What another vantage was asked, kept beside its row until the answer comes."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from wizard.core.runs import State
from wizard.store.runs import find_row
from wizard.store.session import Database


@dataclass(frozen=True, slots=True)
class Asked:
    """The one-time word of a question, and the subject that it was asked with, as JSON."""

    reply: str
    subject: dict[str, Any]


def note_asked(database: Database, run_id: int, row: str, attempt: int, asked: Asked) -> None:
    """Remember a question. Nothing happens when the row has ended or is gone."""
    with database.write() as session:
        found = find_row(session, run_id, row, attempt)
        if found is not None and found.state == State.RUNNING:
            found.asked = {"reply": asked.reply, "subject": asked.subject}


def take_asked(database: Database, run_id: int, row: str, attempt: int, reply: str) -> Asked | None:
    """The question that an answer belongs to, once; None for an answer that nobody waits for, or not any more."""
    with database.write() as session:
        found = find_row(session, run_id, row, attempt)
        if found is None or found.state != State.RUNNING or found.asked is None:
            return None
        if not hmac.compare_digest(str(found.asked["reply"]).encode(), reply.encode()):
            return None
        asked = Asked(found.asked["reply"], found.asked["subject"])
        found.asked = None
        return asked
