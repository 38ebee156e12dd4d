"""Which proxy host is meant by what was typed."""

from __future__ import annotations

from tasks.workplace import Workplace
from wizard.core.refusal import Refusal
from wizard.store.hosts import SavedHost, find_host


def find(place: Workplace, domain: str) -> SavedHost | Refusal:
    """The proxy host of a domain as it was typed."""
    saved = find_host(place.database, domain.strip().rstrip("."))
    return saved or Refusal(f"there is no proxy host {domain}. See porthole host list")
