"""What answered at one address and port of the external domain, part of the `reach` check."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from wizard.core.addresses import Kind, is_documentation, kind_of, parse_address
from wizard.core.faults import Fault
from wizard.core.hosts import HTTPS_PORT, Verify, VerifyKind
from wizard.core.shapes import learn
from wizard.media.shape import page_title
from wizard.net.door import Net
from wizard.net.exchange import HttpAnswer

_SECONDS = 6.0
_HTTP_PORT = 80

# who answers is the question here; whether its certificate is good is another check's
_ANYBODY = Verify(VerifyKind.OFF)


@dataclass(frozen=True, slots=True)
class Door:
    """One address and port to knock at. `path` leads to our echo when its mark can come back from there."""

    address: str
    port: int
    is_secure: bool
    path: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back from one door. `is_ours` says that the mark came, or the redirect that only Caddy would send."""

    address: str
    port: int
    is_secure: bool
    is_ours: bool = False
    status: int = 0
    server: str = ""
    title: str = ""
    location: str = ""
    local_address: str = ""
    fault: Fault | None = None
    detail: str = ""
    seconds: float = 0.0

    @property
    def place(self) -> str:
        """`port 443 at 203.0.113.9`."""
        return f"port {self.port} at {self.address}"

    @property
    def kind(self) -> Kind:
        """The kind of network; examples from documentation count as public."""
        address = parse_address(self.address)
        if address is None:
            return Kind.OTHER
        return Kind.PUBLIC if is_documentation(address) else kind_of(address)

    @property
    def called(self) -> str:
        """What the thing calls itself; empty when it does not say."""
        return self.title or self.server


class _Mark(msgspec.Struct):
    mark: str = ""


learn(_Mark)


def knock(net: Net, domain: str, door: Door) -> Answered:
    """Ask one door, by the public name, whether our Caddy is behind it."""
    scheme, usual = ("https", HTTPS_PORT) if door.is_secure else ("http", _HTTP_PORT)
    port = "" if door.port == usual else f":{door.port}"
    answer = net.get(
        f"{scheme}://{domain}{port}{door.path or '/'}",
        address=door.address,
        verify=_ANYBODY,
        seconds=_SECONDS,
    )
    return Answered(
        door.address,
        door.port,
        door.is_secure,
        _is_ours(domain, door, answer),
        answer.status,
        answer.header("server"),
        page_title(answer.body),
        answer.header("location").split("?", 1)[0],
        answer.local_address,
        answer.fault,
        answer.detail,
        answer.seconds,
    )


def _is_ours(domain: str, door: Door, answer: HttpAnswer) -> bool:
    if not door.is_secure:  # Caddy sends every name it has a certificate for to https
        return answer.status in {301, 302, 307, 308} and _leads_to(answer.header("location"), domain)
    if answer.status != 200 or not door.mark:
        return False
    try:
        return msgspec.json.decode(answer.body.encode(), type=_Mark).mark == door.mark
    except (msgspec.DecodeError, msgspec.ValidationError):
        return False


def _leads_to(location: str, domain: str) -> bool:
    rest = location.lower().removeprefix("https://")
    return rest != location.lower() and rest.partition("/")[0].partition(":")[0] == domain
