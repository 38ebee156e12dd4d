"""The kinds of values that stand in our addresses. Whatever does not fit is a 404 and never reaches the database."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map

MOST = 2**31 - 1  # PostgreSQL's integer


class Key(BaseConverter):
    """The key of a proxy host, or `new` for one that is being made."""

    regex = "[a-z0-9]{1,32}"


class Number(IntegerConverter):
    """The number of a run or a revision."""

    def __init__(self, map: Map) -> None:  # noqa: A002 -- Werkzeug's name
        super().__init__(map, max=MOST)


class Word(BaseConverter):
    """The name of a step, or a one-time ticket."""

    regex = "[A-Za-z0-9_-]{1,64}"


class RowName(BaseConverter):
    """The name of a row of a run: a check, or a check at a vantage, such as `reach@paris`."""

    regex = "[a-z0-9-]{1,32}(?:@[a-z0-9-]{1,32})?"


def name_kinds(app: Flask) -> None:
    """Make `key`, `number`, `word` and `row` known to the routes of an application."""
    app.url_map.converters.update(key=Key, number=Number, word=Word, row=RowName)
