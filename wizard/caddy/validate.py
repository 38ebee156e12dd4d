"""Tries a configuration out in a throw-away `caddy validate`: everything is decoded and set up, nothing started.

Runs in a home of its own and with every log thrown away, because validation opens log files and makes
key stores (measured on 2.11.7). It cannot see a busy port or trouble with a certificate authority.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wizard.caddy.document import Document
from wizard.caddy.refusals import refused, too_slow
from wizard.caddy.version import UNKNOWN, Version, parse_version
from wizard.core.verdicts import Trouble


@dataclass(frozen=True, slots=True)
class Validator:
    """A `caddy` binary that tries configurations out. `deadline_seconds` bounds every try."""

    binary: Path
    deadline_seconds: float = 20.0

    def __call__(self, config: Document, version: Version = UNKNOWN) -> Trouble | None:
        """None when Caddy accepts it. `version` is the Caddy that will load it.

        A binary older than that may not know what that one knows, and has no say: None.
        """
        if self._version().number < version.number:
            return None
        with tempfile.TemporaryDirectory(prefix="porthole-validate-") as folder:
            path = Path(folder, "caddy.json")
            path.write_text(json.dumps(without_log_files(config)))
            try:
                done = subprocess.run(
                    [self.binary, "validate", "--config", path],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=self.deadline_seconds,
                    check=False,
                    cwd=folder,
                    env=_environment(folder),
                )
            except subprocess.TimeoutExpired:
                return too_slow(self.deadline_seconds)
            except OSError as error:
                return refused(f"caddy validate could not be started: {error}")
        return None if done.returncode == 0 else refused(_error_of(done.stderr.decode("utf-8", "replace")))

    def _version(self) -> Version:
        return _binary_version(self.binary, self.deadline_seconds)


def find_validator(binary: str = "") -> Validator | None:
    """The validator with this binary, else with the `caddy` beside our Python, else with the one in PATH."""
    beside = Path(sys.executable).parent / "caddy"
    found = binary or (str(beside) if beside.exists() else shutil.which("caddy"))
    return Validator(Path(found)) if found else None


def without_log_files(config: Document) -> Document:
    """The same configuration with every log thrown away, so that trying it out writes nowhere. Pure.

    The default log is tried under another name: 2.11.7 reports its verdict through the default one.
    """
    copied = copy.deepcopy(config)
    logging = copied.get("logging", {})
    logs = logging.get("logs", {})
    if "default" in logs:
        logs["default-tried-out"] = logs.pop("default")
    for log in logs.values():
        log["writer"] = {"output": "discard"}
    if "sink" in logging:
        logging["sink"]["writer"] = {"output": "discard"}
    return copied


def _environment(folder: str) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}


def _error_of(output: str) -> str:
    """The last error: `Error: …` from 2.11.4, a JSON line from 2.11.7 (measured on both)."""
    errors = []
    for line in output.splitlines():
        if line.startswith("Error:"):
            errors.append(line.removeprefix("Error:").strip())
        elif line.startswith("{"):
            with contextlib.suppress(ValueError):
                entry = json.loads(line)
                errors += [str(entry.get("msg"))] if entry.get("level") == "error" else []
    return errors[-1] if errors else output.strip()[-2000:]


@cache
def _binary_version(binary: Path, seconds: float) -> Version:
    try:
        done = subprocess.run(
            [binary, "version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return UNKNOWN
    return parse_version(done.stdout.decode("utf-8", "replace"))
