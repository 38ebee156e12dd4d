"""The demonstration: the all-in-one start with a stand-in Plex server, one domain that needs no DNS, and one fault.

The stand-ins live with the tests and are only ever started as processes of their own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wizard.core.refusal import Refusal
from wizard.embedded.faults import DemoFault, Upstream, find_fault
from wizard.embedded.parts import CHECKOUT, Part
from wizard.embedded.ports import Opening, try_port
from wizard.embedded.start import Extras, up
from wizard.settings import Settings

_PLEX_PORTS = (32400, *range(32410, 32500, 10))
_PUBLIC_PORTS = range(9443, 9543, 10)
_CERTIFICATE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the stand-ins listen; `public_port` 0 when viewers reach Caddy without a hop."""

    plex_port: int
    public_port: int


def demo(environ: Mapping[str, str], fault_name: str = "", *, verbose: bool = False) -> Refusal:
    """Start the demonstration and stay in the foreground until a signal ends it: returns only when it cannot start.

    Keeps its own data folder `demo-data` unless PORTHOLE_DATA is set, so it never touches a real one.
    """
    fault = find_fault(fault_name)
    if isinstance(fault, Refusal):
        return fault
    if not (CHECKOUT / "tests" / "fakes").is_dir():
        return Refusal("The demonstration needs the whole source checkout. Start it there, with make demo.")
    stage = Stage(_free(_PLEX_PORTS), _free(_PUBLIC_PORTS) if fault.hop else 0)
    settings = Settings.read(environ_of(environ, fault, stage))
    if isinstance(settings, Refusal):
        return settings
    return up(settings, environ, verbose=verbose, extras=lambda decided: build_extras(decided, fault, stage))


def _free(ports: tuple[int, ...] | range) -> int:
    """The first free one: the same again as long as nothing else changes, so that earlier proxy hosts still work."""
    return next((port for port in ports if try_port(port, "127.0.0.1") is Opening.FREE), ports[0])


def environ_of(environ: Mapping[str, str], fault: DemoFault, stage: Stage) -> dict[str, str]:
    """The environment with the settings of a demonstration laid over it."""
    ours = {
        "PORTHOLE_DEMO": "yes",
        "PORTHOLE_DEMO_UPSTREAM": f"http://127.0.0.1:{stage.plex_port}",
        "PORTHOLE_DEMO_DOMAIN": fault.domain,
        "PORTHOLE_DEMO_FORWARD_IP": "yes" if fault.forward_ip else "no",
        "PORTHOLE_DEMO_WEBSOCKET": "yes" if fault.websocket else "no",
    }
    if stage.public_port:
        ours["PORTHOLE_PUBLIC_HTTPS_PORT"] = str(stage.public_port)
    if not any(environ.get(name, "").strip() for name in ("PORTHOLE_DATA", "PORTHOLE_DATA_FILE")):
        ours["PORTHOLE_DATA"] = str(CHECKOUT / "demo-data")
    return {**environ, **ours}


def build_extras(settings: Settings, fault: DemoFault, stage: Stage) -> Extras | Refusal:
    """The stand-ins as further parts, now that it is known where Caddy listens."""
    parts = _upstream(settings, fault, stage.plex_port)
    if fault.certificate:
        refused = _make_certificates(settings, fault.domain)
        if refused is not None:
            return refused
    if fault.hop:
        parts = (*parts, *_hops(settings, fault, stage.public_port))
    return Extras(parts, _notice(settings, fault))


def _upstream(settings: Settings, fault: DemoFault, port: int) -> tuple[Part, ...]:
    match fault.upstream:
        case Upstream.NOBODY:
            return ()
        case Upstream.ROUTER:
            return (_stand_in("router", "hop", "--listen", f"127.0.0.1:{port}", *_NOWHERE, "--fault", "router-page"),)
        case Upstream.PLEX:
            # the identity is kept, so that the server is the same one after a restart
            state = settings.data / "plex.json"
            plex = _stand_in("plex", "plex", "--port", str(port), "--state", str(state), *fault.plex)
            return (plex,) if fault.name else (plex, _players(port))


def _players(port: int) -> Part:
    """Somebody watches now and then, so that the traffic board has something to show; they call themselves "Demo"."""
    return _stand_in("player", "player", "--plex", f"http://127.0.0.1:{port}")


_NOWHERE = ("--to", "127.0.0.1:9")  # what answers by itself never leads on


def _hops(settings: Settings, fault: DemoFault, public_port: int) -> tuple[Part, ...]:
    """One hop for IPv4 and one for IPv6: a name under .localhost leads to both."""
    certificate = _certificate_files(settings, fault.certificate) if fault.certificate else ()
    to = f"127.0.0.1:{settings.caddy_https_port}"
    return tuple(
        _stand_in(name, "hop", "--listen", f"{host}:{public_port}", "--to", to, *fault.hop, *certificate)
        for name, host in (("hop4", "127.0.0.1"), ("hop6", "[::1]"))
        if name == "hop4" or try_port(public_port, "::1") is Opening.FREE
    )


def _stand_in(name: str, module: str, *arguments: str) -> Part:
    command = (sys.executable, "-P", "-m", f"tests.fakes.{module}", *arguments)
    return Part(name, command, environ=(("PYTHONPATH", str(CHECKOUT)),), carries=True)


def _certificates_folder(settings: Settings) -> Path:
    return settings.data / "certificates"


def _certificate_files(settings: Settings, stem: str) -> tuple[str, ...]:
    path = _certificates_folder(settings) / stem
    return ("--cert", f"{path}.crt", "--key", f"{path}.key")


def _make_certificates(settings: Settings, domain: str) -> Refusal | None:
    command = [
        *(sys.executable, "-m", "tests.demo.certificates"),
        *(str(settings.data / "caddy"), domain, str(_certificates_folder(settings))),
    ]
    try:
        subprocess.run(command, cwd=CHECKOUT, check=True, timeout=_CERTIFICATE_SECONDS)
    except (OSError, subprocess.SubprocessError) as problem:
        return Refusal(
            f"The demonstration's certificates cannot be made ({problem}). Remove {settings.data} and retry."
        )
    return None


def _notice(settings: Settings, fault: DemoFault) -> str:
    address = settings.demo_upstream
    sentences = [f"This is a demonstration: a stand-in Plex at {address}, and the domain {settings.demo_domain}."]
    if not fault.name:
        sentences.append(
            "Two players watch now and then, one as if from outside: save the token demo-token on the page Traffic."
        )
    if fault.name:
        sentences.append(f"Seeded fault {fault.name}: {fault.shows}. The row “{fault.check}” shows it.")
    if fault.is_of_the_host:
        sentences.append("Make a new proxy host for it: the wizard's answers are filled in already.")
    return "\n".join(sentences)
