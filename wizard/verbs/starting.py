"""`porthole up` and `porthole demo`: the all-in-one start. Loads nothing that only the other verbs need."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from wizard.core.refusal import Refusal
from wizard.settings import Settings
from wizard.verbs.saying import USAGE, complain


def up(environ: Mapping[str, str], typed: argparse.Namespace) -> int:
    """Start everything; returns only when it cannot."""
    from wizard.embedded.start import up as start  # noqa: PLC0415 -- a broken setting needs no supervisor to be told

    settings = Settings.read(environ)
    if isinstance(settings, Refusal):
        return complain(settings.message, USAGE)
    return complain(start(settings, environ, verbose=typed.verbose).message)


def demo(environ: Mapping[str, str], typed: argparse.Namespace) -> int:
    """Start everything with a stand-in media server; returns only when it cannot."""
    from wizard.embedded.demo import demo as start  # noqa: PLC0415 -- as above

    return complain(start(environ, typed.fault, verbose=typed.verbose).message)
