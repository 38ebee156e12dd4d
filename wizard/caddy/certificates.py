"""Caddy's own log about certificates: the part of the configuration that writes it, and reading its end.

Measured on 2.11.7 and 2.11.4: everything about getting and renewing goes to the loggers `tls` and
`http.acme_client`. Must not know what the lines mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from wizard.caddy.document import ID, PREFIX, Document, child
from wizard.caddy.logs import DEFAULT, FILE_MODE
from wizard.core.hosts import ProxyHost
from wizard.core.issuance import Issuance, read_issuance

LOG = f"{PREFIX}certificates"
STDERR_LOG = f"{LOG}-stderr"
LOGGERS = ("http.acme_client", "tls")
ROLL_SIZE_MEBIBYTES = 2
ROLL_KEEP = 1
TAIL_BYTES = 256 * 1024  # one failed try writes about 3 KiB, and tries grow rare: days of one host's trouble


def is_logged(hosts: Sequence[ProxyHost], folder: str) -> bool:
    """True when Caddy gets certificates for any of these hosts, and has a folder to write about it."""
    return bool(folder) and any(host.listener.tls for host in hosts)


def certificates_file(folder: str) -> str:
    """Where the lines about certificates go."""
    return f"{folder.rstrip('/')}/certificates.json"


def add_certificate_logs(config: Document, folder: str, *, own: bool) -> None:
    """Add our log of certificates to `logging.logs`. `own`: the default log is ours.

    Caddy's Caddyfile adapter takes from the default log what a log of its own includes. So that both forms
    mean the same, and people still find these lines where they look first, a second log keeps them on stderr.
    """
    logs = child(config, "logging", "logs")
    logs[LOG] = {
        ID: f"{PREFIX}log-certificates",
        "writer": {
            "output": "file",
            "filename": certificates_file(folder),
            "mode": FILE_MODE,
            "roll_size_mb": ROLL_SIZE_MEBIBYTES,
            "roll_gzip": False,
            "roll_keep": ROLL_KEEP,
        },
        "encoder": {"format": "json"},
        "include": list(LOGGERS),
    }
    if own:
        default = logs[DEFAULT]
        default["exclude"] = [*default.get("exclude", []), *LOGGERS]
        logs[STDERR_LOG] = {
            ID: f"{PREFIX}log-certificates-stderr",
            "writer": {"output": "stderr"},
            "encoder": {"format": "json"},
            "include": list(LOGGERS),
        }


def load_issuance(folder: str, domain: str) -> Issuance | None:
    """How far Caddy is with the certificate of `domain`, from the end of its log in `folder`.

    None when there is no such log or it cannot be read: then nothing is known. Reads at most twice TAIL_BYTES.
    """
    path = Path(certificates_file(folder))
    try:
        current = list(_tail(path))
        return read_issuance([*_rolled(path), *current], domain)
    except OSError:
        return None


def _rolled(path: Path) -> Iterator[str]:
    """The end of the file that was written before the present one, which may have been begun a moment ago."""
    older = sorted(path.parent.glob(f"{path.stem}-*{path.suffix}"))  # named for the time at which they were closed
    if older:
        try:
            yield from _tail(older[-1])
        except FileNotFoundError:  # thrown away by Caddy meanwhile
            return


def _tail(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(size - TAIL_BYTES, 0)
        file.seek(start)
        text = file.read(TAIL_BYTES).decode("utf-8", "replace")
    lines = text.splitlines()
    yield from lines[1:] if start else lines  # the first one is cut in the middle
