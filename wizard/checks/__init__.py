"""The shelf of checks. The folder is the registry: every module with a `CHECK` is one."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from wizard.checks.running import judge_seen, observe_only, run_check, what_broke
from wizard.core.checks import Check
from wizard.core.shapes import learn

__all__ = ["CHECKS", "judge_seen", "needs", "observe_only", "run_check", "what_broke"]


def _load() -> dict[str, Check[Any, Any]]:
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    checks: list[Check[Any, Any]] = [module.CHECK for module in modules if hasattr(module, "CHECK")]
    learn(*(kind for check in checks for kind in (check.subject_type, check.seen_type)))
    return {check.name: check for check in sorted(checks, key=lambda check: (check.order, check.name))}


CHECKS: dict[str, Check[Any, Any]] = _load()
"""Every check by name, in the order of the list on the run page."""


def needs() -> dict[str, tuple[str, ...]]:
    """What each check needs, as `wizard.core.runs` wants it."""
    return {name: check.needs for name, check in CHECKS.items()}
