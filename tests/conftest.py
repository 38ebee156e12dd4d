"""For every test: no internet, none of the machine's settings, one Hypothesis profile; CI=true allows no skip."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Generator
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

_IS_CI = os.environ.get("CI") == "true"
_RESERVED = ("invalid", "test", "example", "example.com", "example.net", "example.org")  # RFC 2606

# timing says nothing on a machine that runs other tests at the same time
hypothesis.settings.register_profile("porthole", deadline=None, max_examples=60, derandomize=_IS_CI)
hypothesis.settings.load_profile("porthole")


# folders whose tests share one running system: in a parallel run they stay together, all others file by file
_TOGETHER = ("tests/jobs", "tests/browser", "tests/store", "tests/lab")


class InternetBlockedError(RuntimeError):
    """A test tried to leave this machine. Not an OSError: code under test must not take it for a fault it handles."""


def _is_here(host: str) -> bool:
    name = host.lower().rstrip(".")
    try:
        address = ipaddress.ip_address(name.split("%", 1)[0])
    except ValueError:
        return name == "localhost" or name.endswith(".localhost") or name == socket.gethostname().lower()
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


def _guard(method: str) -> None:
    original = getattr(socket.socket, method)

    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1] if arguments else None  # the last one of connect, connect_ex and sendto alike
        if (
            self.family in {socket.AF_INET, socket.AF_INET6}
            and isinstance(address, tuple)
            and not _is_here(address[0])
        ):
            raise InternetBlockedError(f"{method} to {address[0]}: tests stay on this machine")
        return original(self, *arguments)

    setattr(socket.socket, method, guarded)


def _guard_names() -> None:
    original = socket.getaddrinfo

    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not _is_here(name):
            if any(f".{name.lower().rstrip('.')}".endswith(f".{ending}") for ending in _RESERVED):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            if not _is_address(name):
                raise InternetBlockedError(f"looking up {name}: tests stay on this machine")
        return original(host, *arguments, **named)

    socket.getaddrinfo = guarded


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        return False
    return True


def pytest_configure() -> None:
    """Close the ways out before any test module is imported."""
    for method in ("connect", "connect_ex", "sendto"):
        _guard(method)
    _guard_names()
    for name in list(os.environ):
        if name.startswith("PORTHOLE_") or name.lower().endswith("_proxy"):
            del os.environ[name]


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if _IS_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Under CI=true everything has to be there, but this was skipped. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure under CI=true: there a missing program is a broken set-up."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for modules that skip themselves."""
    report = yield
    _refuse_skip(report)
    return report


class _Together(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no type information for schedulers
    # by path, because pytest-xdist 3.8 cannot group by marker under pytest 9: it writes an id that is not read
    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        folder = path.rpartition("/")[0]
        return folder if folder in _TOGETHER else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """What decides which of the parallel processes runs which tests."""
    return _Together(config, log)
