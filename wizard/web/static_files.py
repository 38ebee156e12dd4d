"""Style sheet, script, icons and drawings: kept by browsers for long, under an address that changes, and compressed.

Pages are not compressed: they answer what was asked, and a secret beside an answer of somebody's choice can be
guessed from the compressed size.
"""

from __future__ import annotations

import gzip
import hashlib
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

_KEPT = timedelta(days=365)
_ALWAYS_THE_SAME = frozenset({"static", "help.picture"})
_TEXTS = frozenset({".css", ".js", ".svg"})


def serve_static(app: Flask) -> None:
    """Version, cache time and compression of the static files of an application."""
    folder = Path(app.static_folder or "")
    app.config["STATIC_VERSION"] = _version(folder)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _KEPT
    app.after_request(_compress)


def _version(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]


def _compress(response: Response) -> Response:
    if request.endpoint not in _ALWAYS_THE_SAME or response.status_code != 200 or request.method != "GET":
        return response
    if Path(request.path).suffix not in _TEXTS:
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0 and request.range is None:
        response.direct_passthrough = False
        response.set_data(_packed(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        response.headers["ETag"] = "W/" + response.headers["ETag"]  # the same file in another form
    return response


@lru_cache(maxsize=16)
def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)
