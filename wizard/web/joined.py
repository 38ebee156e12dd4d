"""What the pages work with, found from the running application."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

from flask import current_app

from tasks.workplace import Workplace
from wizard.guides import Guides
from wizard.settings import Settings
from wizard.store.session import Database

DOCS = Path(__file__).resolve().parents[2] / "docs_content"
_KEY = "porthole"


@dataclass(frozen=True)
class Joined:
    """The workplace and the guides of one application."""

    place: Workplace

    @property
    def in_container(self) -> bool:
        """True when Caddy runs elsewhere than these pages, so that localhost means different things to them."""
        return self.settings.caddy_address not in {"127.0.0.1", "::1", "localhost"}

    @cached_property
    def version(self) -> str:
        """The version of Porthole that runs."""
        return metadata.version("porthole")

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return self.place.settings

    @property
    def database(self) -> Database:
        """The database of this process."""
        return self.place.database

    @property
    def first_answers(self) -> dict[str, Any]:
        """What a new wizard begins with: nothing, except in the demo, where the stand-in server is filled in."""
        if not self.settings.demo:
            return {}
        return {
            "typed": {"server": {"media": "plex", "server_url": self.settings.demo_upstream}},
            "domain": self.settings.demo_domain,
            "method": "direct",
        }

    @property
    def guides(self) -> Guides:
        """All guides, rendered once in the life of a process."""
        return _shelf()


@cache
def _shelf() -> Guides:
    return Guides.load(DOCS)


def joined() -> Joined:
    """The parts of the application that answers this request."""
    found: Joined = current_app.extensions[_KEY]
    return found


def join(extensions: dict[str, object], parts: Joined) -> None:
    """Hand the parts to an application."""
    extensions[_KEY] = parts
