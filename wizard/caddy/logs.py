"""The logging part of the configuration: one redacted access log per host, and the default log. Pure.

Measured on 2.11.7: an access line goes to every logger that does not exclude it, and a 5xx line goes
to the default logger whole. So our loggers are excluded from every log that would catch them.
"""

from __future__ import annotations

from collections.abc import Sequence

from wizard.caddy.document import (
    ID,
    PREFIX,
    Document,
    access_logger,
    child,
    error_logger,
    is_ours,
    logger_name,
    prune,
)
from wizard.caddy.redaction import is_redacted, redacting_encoder, unwrap_encoder, wrap_encoder

DEFAULT = "default"
ACCESS = "http.log.access"
ERROR = "http.log.error"
_OUR_LOGGERS = (f"{ACCESS}.{PREFIX}", f"{ERROR}.{PREFIX}")
ROLL_SIZE_MEBIBYTES = 20
ROLL_KEEP = 5
ROLL_KEEP_DAYS = 30
FILE_MODE = "0640"  # our group reads it; without a mode Caddy makes files that only it can read


def log_file(folder: str, domain: str) -> str:
    """Where the access lines of one host go."""
    return f"{folder.rstrip('/')}/access-{domain}.json"


def access_log(folder: str, domain: str) -> Document:
    """The access log of one host. Old files stay uncompressed, so that a reader can finish the one it was in."""
    return {
        ID: f"{PREFIX}log-{domain}",
        "writer": {
            "output": "file",
            "filename": log_file(folder, domain),
            "mode": FILE_MODE,
            "roll_size_mb": ROLL_SIZE_MEBIBYTES,
            "roll_gzip": False,
            "roll_keep": ROLL_KEEP,
            "roll_keep_days": ROLL_KEEP_DAYS,
        },
        "encoder": redacting_encoder(),
        "include": [access_logger(domain)],
    }


def add_logs(config: Document, folder: str, domains: Sequence[str], *, own: bool, consent: bool) -> None:
    """Add what is ours to `logging.logs`. `own`: the default log is ours to make."""
    logs = child(config, "logging", "logs")
    default = logs.setdefault(DEFAULT, {ID: f"{PREFIX}log-default"})
    if is_ours(default) and (own or consent):
        default |= {"writer": {"output": "stderr"}, "encoder": redacting_encoder()}
    elif consent and not is_redacted(default):
        wrap_encoder(default, DEFAULT)
    names = domains if folder else ()
    _exclude_from_all(logs, ACCESS, [access_logger(name) for name in names])
    if names and not is_redacted(default):
        errors = [error_logger(name) for name in names]
        _exclude_from_all(logs, ERROR, errors)
        logs[f"{PREFIX}errors"] = {
            ID: f"{PREFIX}log-errors",
            "writer": {"output": "stderr"},
            "encoder": redacting_encoder(),
            "include": errors,
        }
    for name in names:
        logs[logger_name(name)] = access_log(folder, name)
    if default == {ID: f"{PREFIX}log-default"}:
        del logs[DEFAULT]
    prune(config, "logging", "logs")


def _exclude_from_all(logs: Document, area: str, names: Sequence[str]) -> None:
    for log in logs.values():
        if names and _catches(log, area):
            log["exclude"] = [*log.get("exclude", []), *names]


def _catches(log: Document, logger: str) -> bool:
    includes = log.get("include", [])
    inside = not includes or any(logger == name or logger.startswith(f"{name}.") for name in includes)
    outside = any(logger == name or logger.startswith(f"{name}.") for name in log.get("exclude", []))
    return inside and not outside


def remove_logs(config: Document) -> None:
    """Take everything of ours out of `logging.logs`, and give hand-written logs their own encoder back."""
    logs = config.get("logging", {}).get("logs", {})
    for name in [name for name, log in logs.items() if is_ours(log)]:
        del logs[name]
    for log in logs.values():
        unwrap_encoder(log)
        kept = [name for name in log.get("exclude", []) if not name.startswith(_OUR_LOGGERS)]
        if kept:
            log["exclude"] = kept
        else:
            log.pop("exclude", None)
    prune(config, "logging", "logs")
