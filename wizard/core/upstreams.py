"""The home address of a media server: text -> Upstream, or a sentence that says what is wrong with it."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

import idna

from wizard.core.addresses import Address, Kind, is_documentation, kind_of, parse_address
from wizard.core.hosts import Upstream, Verify
from wizard.core.refusal import Refusal

# numbers that the C library would read as an address, each in its own way
_NUMBERS = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE)
_LEADING_ZEROS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PATH = re.compile(r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
_WEB_APP = re.compile(r"/web(/.*)?$")
_SCHEMES = ("http", "https")


def parse_upstream(
    text: str,
    *,
    media: str,
    default_port: int,
    verify: Verify | None = None,
    own_address: str = "",
    in_container: bool = False,
) -> Upstream | Refusal:
    """Read what a person types at home, such as `192.168.1.20:32400` or a pasted browser address.

    Trims, adds http://, cuts `/web/index.html#…` and keeps a base path. `own_address` is offered
    instead of localhost when we run `in_container`, where localhost is the container itself.
    """
    typed = text.strip()
    if not typed:
        return Refusal("Enter the home address of your media server")
    if any(c.isspace() or not c.isprintable() or c in '{}"`\\' for c in typed):
        return Refusal("Home address must be a host name or an IP address")
    if "://" not in typed:
        bare, slash, rest = typed.partition("/")
        typed = f"http://[{bare}]{slash}{rest}" if ":" in bare and parse_address(bare) else f"http://{typed}"
    try:
        parts = urlsplit(typed)
    except ValueError:
        return Refusal("Home address must be a host name or an IP address")
    try:
        port = parts.port if parts.port is not None else default_port
    except ValueError:
        return Refusal("Port must be between 1 and 65535")
    return _from_parts(parts, port, media, verify or Verify(), own_address, in_container)


def _from_parts(
    parts: SplitResult, port: int, media: str, verify: Verify, own_address: str, in_container: bool
) -> Upstream | Refusal:
    if parts.scheme.lower() not in _SCHEMES:
        return Refusal("Home address must begin with http:// or https://")
    if parts.username or parts.password:
        return Refusal("Enter the home address without a user name or password")
    if not 1 <= port <= 65535:
        return Refusal("Port must be between 1 and 65535")
    host = parse_home(parts.hostname or "", own_address=own_address, in_container=in_container)
    if isinstance(host, Refusal):
        return host
    path = _WEB_APP.sub("", parts.path).rstrip("/")
    if not _PATH.fullmatch(path):
        return Refusal("Home address has a path we cannot use. Enter only the address and the port")
    return Upstream(media, parts.scheme.lower(), host, port, verify, path)


def parse_home(host: str, *, own_address: str = "", in_container: bool = False) -> str | Refusal:
    """An address inside the home or tailnet: IP, or a host name in lower case ASCII."""
    if not host:
        return Refusal("Home address must be a host name or an IP address")
    if address := parse_address(host):
        kind = kind_of(address)
        if kind is Kind.LOOPBACK and in_container:
            return _own_container(own_address)
        return _refuse_address(host, address, kind) or str(address)
    if _NUMBERS.fullmatch(host):
        return _refuse_numbers(host)
    return _parse_name(host, own_address, in_container)


def _refuse_address(host: str, address: Address, kind: Kind) -> Refusal | None:
    if address.is_unspecified or address.is_multicast or (kind is Kind.OTHER and address.is_reserved):
        return Refusal(f"{host} is no address of a machine. Enter the address of your media server")
    if kind is Kind.PUBLIC or is_documentation(address):
        return Refusal(f"Enter the address used inside your home. {host} is on the internet")
    if kind is Kind.LINK_LOCAL and address.version == 6:
        return Refusal(f"{host} works only on one network cable. Enter the IPv4 address of your media server")
    return None


def _refuse_numbers(host: str) -> Refusal:
    if _LEADING_ZEROS.fullmatch(host):
        numbers = [int(part) for part in host.split(".")]
        if max(numbers) > 255:
            return Refusal("Enter an address where every number is 255 or less")
        plain = ".".join(str(number) for number in numbers)
        return Refusal(f"Enter the address without leading zeros, for example {plain}", plain)
    return Refusal(f"{host} is not a whole IP address. It has four numbers, for example 192.168.1.20")


def _parse_name(host: str, own_address: str, in_container: bool) -> str | Refusal:
    name = host.rstrip(".").lower()
    if name == "localhost" and in_container:
        return _own_container(own_address)
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return Refusal("Home address must be a host name or an IP address")
        if parse_address(name) or _NUMBERS.fullmatch(name):  # written in other digits or dots
            return parse_home(name, own_address=own_address, in_container=in_container)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        return Refusal("Home address must be a host name or an IP address")
    return name


def _own_container(own_address: str) -> Refusal:
    example = own_address or "192.168.1.20"
    return Refusal(
        f"localhost means this app's own container. Use the address of the machine, for example {example}",
        own_address,
    )
