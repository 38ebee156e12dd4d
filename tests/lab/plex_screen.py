"""The settings of the stand-in Plex as its owner sees them: by their names, with the words of their choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from tests.lab.world import Node

_SECONDS = 10


@dataclass(frozen=True)
class PlexScreen:
    """The owner's browser at home. `control` is the stand-in's own endpoint, which tells what it saw."""

    node: Node
    url: str
    control: str
    token: str

    def change(self, name: str, words: str) -> None:
        """Type into a setting, or choose one of its words, and save. Raises LookupError for what Plex lacks."""
        row = self._row(name)
        choices = (
            dict(reversed(one.split(":")) for one in row["enumValues"].split("|")) if row.get("enumValues") else {}
        )
        if choices and words not in choices:
            raise LookupError(f"{name} has no choice {words!r}, only {list(choices)}")
        self._send("PUT", f"/:/prefs?{row['id']}={quote(choices.get(words, words), safe='')}")

    def reads(self, name: str) -> str:
        """What a setting says, in words. Raises LookupError for a name that Plex lacks."""
        row = self._row(name)
        words = dict(one.split(":") for one in row["enumValues"].split("|")) if row.get("enumValues") else {}
        return str(words.get(str(row["value"]), row["value"]))

    def streams(self) -> list[dict[str, Any]]:
        """What the dashboard shows of everything that plays."""
        container = self._send("GET", "/status/sessions").json()["MediaContainer"]
        return list(container.get("Metadata", ()))

    def last_film(self) -> dict[str, Any]:
        """The newest request for a film: from where it came, and what Plex made of that."""
        with self.node.inside(), requests.Session() as session:
            session.trust_env = False
            seen = session.get(f"{self.control}/seen", timeout=_SECONDS).json()
        return dict(next(one for one in reversed(seen) if one["path"].endswith("file.mkv")))

    def _row(self, name: str) -> dict[str, Any]:
        rows = self._send("GET", "/:/prefs").json()["MediaContainer"]["Setting"]
        found = next((row for row in rows if row["label"].lower() == name.lower()), None)
        if found is None:
            raise LookupError(f"Plex has no setting {name!r}")
        return dict(found)

    def _send(self, method: str, path: str) -> requests.Response:
        headers = {"X-Plex-Token": self.token, "Accept": "application/json"}
        with self.node.inside(), requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.url + path, headers=headers, timeout=_SECONDS)
        answer.raise_for_status()
        return answer
