"""Full-text search over the sections, in SQLite's FTS5, in memory. Any text may be asked for."""

import html
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from wizard.guides.pages import Hit

LONGEST_QUESTION_WORDS = 12
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about am an and any are as at be been but by can could did do does for from get has have how i if in into
        is it its me my of on or our should so than that the their them there they this to was we what when where
        which who why will with would you your""",
    )
)
# people type "100mb" and "8mbit"; the guides write "100 MB" and "8 Mbit/s"
_GLUED_UNIT = re.compile(r"\b(\d+)([kmg]b|[kmg]bit|[kmg]bps)\b")
_OPEN, _CLOSE = "\x02", "\x03"


@dataclass(frozen=True, slots=True)
class Entry:
    """One searchable section. `later` entries (for contributors, or lists) stand behind all others."""

    page: str
    id: str
    page_title: str
    title: str
    keywords: str
    text: str
    later: bool


class Index:
    """Built once, asked from any thread."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._lock = threading.Lock()
        # One connection behind a lock: a web server asks from many threads, and each answer is quick.
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._connection.execute(
            "CREATE VIRTUAL TABLE section USING fts5("
            "page UNINDEXED, id UNINDEXED, later UNINDEXED, page_title UNINDEXED, about, title, keywords, text, "
            "tokenize='porter unicode61')"
        )
        self._connection.executemany(
            "INSERT INTO section VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            # the top of a page bears the page's title already; counting it twice would hide the sections
            [
                (e.page, e.id, e.later, e.page_title, e.page_title if e.id else "", e.title, e.keywords, e.text)
                for e in entries
            ],
        )

    def search(self, text: str, limit: int) -> tuple[Hit, ...]:
        """Sections titled or tagged with the very question, then those with every word, then with some.

        No words, no hits; nothing raises.
        """
        said, words = words_of(text)
        if not words or limit < 1:
            return ()
        questions = (
            f'{{title keywords}} : "{" ".join(said)}"',
            " AND ".join(f'"{word}"' for word in words),
            " OR ".join(f'"{word}"' for word in words),
        )
        first: dict[Hit, None] = {}
        later: dict[Hit, None] = {}
        with self._lock:
            for question in questions:
                for hit, is_later in self._ask(question, limit):
                    seen = later if is_later else first
                    if not any(hit.target == other.target for other in seen):
                        seen[hit] = None
        return (*first, *later)[:limit]

    def _ask(self, question: str, limit: int) -> list[tuple[Hit, bool]]:
        rows = self._connection.execute(
            "SELECT page, id, page_title, title, snippet(section, 7, ?, ?, ' … ', 24), later FROM section "
            "WHERE section MATCH ? ORDER BY later, bm25(section, 0, 0, 0, 0, 2.0, 6.0, 8.0, 1.0) LIMIT ?",
            (_OPEN, _CLOSE, question, limit),
        )
        return [
            (Hit(page, id_, page_title, title, _marked(words)), bool(later))
            for page, id_, page_title, title, words, later in rows
        ]

    def close(self) -> None:
        self._connection.close()


def words_of(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words as said, and those of them worth asking for. No operators, no quotes, never too many."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    said = tuple(re.findall(r"[^\W_]+", _GLUED_UNIT.sub(r"\1 \2", plain)))[:LONGEST_QUESTION_WORDS]
    telling = [word for word in said if word not in _STOP_WORDS]
    return said, tuple(dict.fromkeys(telling or said))


def _marked(snippet: str) -> str:
    return html.escape(snippet).replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")
