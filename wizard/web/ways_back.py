"""Where to send a person after signing in or after an error: only ever to a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request


def is_ours(path: str) -> bool:
    """True for a path on this very server. Browsers drop tabs and line breaks and read `\\` as `/`."""
    if not path.startswith("/") or path.startswith("//"):
        return False
    return "\\" not in path and path.isprintable()


def referring_path(default: str = "/") -> str:
    """The path and query of the page that this request came from, when it was one of ours."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return default
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return path if parts.netloc == request.host and is_ours(path) else default
