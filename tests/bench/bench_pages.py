"""How fast the pages of the wizard are, and how soon an applied host answers. `make bench` runs it.

Each number stands beside another of the same run: a page beside a file that needs no work, the first proxied
request beside the same request once everything is warm.
"""

from __future__ import annotations

import os
import re
import ssl
import statistics
import tempfile
import time
from http.client import HTTPSConnection
from pathlib import Path

import requests

from tasks.queueing import start_apply
from tests.fakes.plex import Plex
from tests.jobs.acting import add_host
from tests.whole_system import DOMAIN, System, start_system
from wizard.core.hosts import Upstream
from wizard.store import owners

ROUNDS = 60
AIM_PAGE_MS, AIM_APPLY_SECONDS = 50, 1
_STEPS = ("server", "route")


def signed_in(system: System) -> requests.Session:
    """A browser of the owner."""
    session = requests.Session()
    session.trust_env = False
    owners.claim(system.place.database, "admin", "correct horse battery")
    page = session.get(f"{system.url}/login", timeout=10).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, "the sign-in page has no token"
    answers = {"csrf_token": found[1], "username": "admin", "password": "correct horse battery", "keep": "y"}
    session.post(f"{system.url}/login", data=answers, timeout=10).raise_for_status()
    return session


def p95_ms(session: requests.Session, url: str) -> float:
    """The time that 95 of 100 requests stay below, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        session.get(url, timeout=10).raise_for_status()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def asked_seconds(system: System, domain: str) -> float | None:
    """How long one proxied request takes; None while the domain does not answer."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    began = time.perf_counter()
    connection = HTTPSConnection(domain, system.settings.caddy_https_port, timeout=5, context=context)
    try:
        connection.request("GET", "/identity")
        good = connection.getresponse().status == 200
    except OSError:
        return None
    finally:
        connection.close()
    return time.perf_counter() - began if good else None


def apply_seconds(system: System, domain: str) -> tuple[float, float]:
    """From queueing an apply to the first proxied request, and what that request takes afterwards."""
    with Plex() as plex:
        add_host(system, domain, upstream=Upstream("plex", "http", "127.0.0.1", plex.port))
        began = time.perf_counter()
        start_apply(system.place, "Measured")
        while asked_seconds(system, domain) is None:
            time.sleep(0.01)
        first = time.perf_counter() - began
        warm = [asked_seconds(system, domain) or 0.0 for _ in range(10)]
    return first, statistics.median(warm)


def resolve_localhost() -> None:
    """`.localhost` leads to this machine (RFC 6761), which not every C library knows."""
    import socket  # noqa: PLC0415 -- patched for this process only

    ask = socket.getaddrinfo
    socket.getaddrinfo = lambda host, *rest, **more: ask(
        "127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more
    )


def main() -> None:
    """Measure on an otherwise idle machine."""
    resolve_localhost()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start_system(Path(folder) / "data") as system:
        session = signed_in(system)
        plain = p95_ms(session, f"{system.url}/static/favicon.svg")
        for step in _STEPS:
            page = p95_ms(session, f"{system.url}/hosts/new/{step}")
            print(
                f"p95 of step {step:<8} {page:.1f} ms, {page / plain:.1f} times a static file (aim {AIM_PAGE_MS} ms)"
            )
        for number, domain in enumerate((DOMAIN, f"second.{DOMAIN}"), 1):
            first, warm = apply_seconds(system, domain)
            print(
                f"apply to first proxied request, host {number}: {first:.2f} s, "
                f"{first / warm:.0f} times a warm request (aim {AIM_APPLY_SECONDS} s)"
            )
    print(f"load of this machine  {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
