"""The kinds of setting: one parser a kind, text in, normal form or a sentence out.

Knows spelling only; must not know the names of settings, nor read or make anything.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from wizard.core.refusal import Refusal

MAX_SOCKET_PATH_BYTES = 107  # sun_path of unix(7) is 108 bytes with its closing zero
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_MIN_SECRET_CHARACTERS = 32
NO_SERVERS = "none"
_YES, _NO = frozenset({"yes", "true", "on", "1"}), frozenset({"no", "false", "off", "0"})


class Kind(StrEnum):
    """What a setting's text stands for."""

    FOLDER = "folder"
    FILE = "file"
    DIAL = "address and port"
    PORT = "port"
    CADDY_ADMIN = "Caddy's admin address"
    DATABASE = "database URL"
    BROKER = "broker URL"
    DIRECTORY = "ACME directory"
    SECRET = "secret"  # noqa: S105 - the name of a kind
    FLAG = "yes or no"
    TEXT = "text"
    SERVERS = "name servers"
    ADDRESSES = "IP addresses"
    STUN = "STUN servers"  # host:port, with commas between; or none
    SERVICES = "services"  # http and https URLs, with commas between; or none
    SERVICE = "service"  # one of them, or none


def parse_dial(text: str) -> tuple[str, int]:
    """Host without brackets, and port, of a text that `PARSERS[Kind.DIAL]` has let through."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def dial_text(host: str, port: int) -> str:
    """`host:port`, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reachable_host(host: str) -> str:
    """The loopback address for a wildcard address, any other host as it is: a wildcard cannot be dialled."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, never bound


def socket_refusal(path: str) -> Refusal | None:
    """Why no unix socket can be made at this path, None when one can."""
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
        return None
    return Refusal(f"names a socket path of more than {MAX_SOCKET_PATH_BYTES} bytes. Choose a shorter one.")


def runtime_folder(data: Path, environ: Mapping[str, str]) -> Path:
    """A short folder for the sockets of a data folder whose own path is too long for them; the same every time."""
    name = f"porthole-{os.getuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    for parent in (environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        # admin.sock.tmp is longer than any name we use there
        if parent and Path(parent).is_dir() and not socket_refusal(f"{parent}/{name}/admin.sock.tmp"):
            return Path(parent) / name
    return Path("/tmp") / name  # noqa: S108 - made 0700 and checked for its owner by wizard.data_folder


def _path(text: str) -> str | Refusal:
    if "\0" in text:
        return Refusal("holds a zero byte. Write a path.")
    return str(Path(text).expanduser().absolute())


def _port(text: str) -> str | Refusal:
    if re.fullmatch(r"[0-9]{1,5}", text) and 1 <= int(text) <= 65535:
        return str(int(text))
    return Refusal(f"is {text!r}. Write a port number from 1 to 65535.")


def _dial(text: str) -> str | Refusal:
    wanted = Refusal(f"is {text!r}. Write an address and a port, such as 127.0.0.1:7678 or [::1]:7678.")
    match = re.fullmatch(r"(?:\[(?P<six>[^\]]*)\]|(?P<name>[^:\[\]]+)):(?P<port>[0-9]+)", text)
    if match is None:
        return wanted
    port = _port(match["port"])
    if isinstance(port, Refusal):
        return port
    if match["six"] is None:
        return f"{match['name'].lower()}:{port}" if _HOST_NAME.fullmatch(match["name"]) else wanted
    try:
        return f"[{ipaddress.IPv6Address(match['six']).compressed}]:{port}"
    except ValueError:
        return wanted


def _caddy_admin(text: str) -> str | Refusal:
    if text.startswith("unix/"):
        path = text.removeprefix("unix/")
        if not path.startswith("/") or any(mark in path for mark in "|{}\n\0"):
            return Refusal(f"is {text!r}. Write unix/ and the absolute path of a socket: unix//run/caddy.sock.")
        return socket_refusal(path) or text
    parts = urlsplit(text)
    if parts.scheme != "http" or parts.path not in {"", "/"} or parts.query or "@" in parts.netloc:
        return Refusal(f"is {text!r}. Write unix//path/of/admin.sock or http://127.0.0.1:2019.")
    dial = _dial(parts.netloc if _has_port(parts.netloc) else f"{parts.netloc}:80")
    return dial if isinstance(dial, Refusal) else f"http://{dial}"


def _has_port(netloc: str) -> bool:
    return re.search(r":[0-9]+$", netloc) is not None


def _database(text: str) -> str | Refusal:
    scheme, mark, rest = text.partition("://")
    if mark and rest:
        if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
            return text
        if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
            return f"postgresql+psycopg://{rest}"
    # the text is not repeated: it may hold a password
    return Refusal("is not a database URL. Write sqlite:////folder/file or postgresql://user:password@host/name.")


def _broker(text: str) -> str | Refusal:
    wanted = Refusal("is not a broker URL. Write redis://host:6379/0, rediss://host:6379/0 or redis+socket:///path.")
    scheme, mark, rest = text.partition("://")
    if not mark or not rest:
        return wanted
    match scheme:
        case "redis" | "rediss":
            return _with_readable_port(text) or wanted
        case "unix" | "redis+socket" if rest.startswith("/"):
            normal = rest.replace("?db=", "?virtual_host=")  # what kombu calls the database number of a socket URL
            return socket_refusal(rest.partition("?")[0]) or f"redis+socket://{normal}"
        case _:
            return wanted


def _with_readable_port(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        return url if parts.hostname and (parts.port is None or parts.port > 0) else None
    except ValueError:
        return None


def _directory(text: str) -> str | Refusal:
    parts = urlsplit(text)
    if parts.scheme == "https" and _with_readable_port(text) and "@" not in parts.netloc and text.isprintable():
        return text
    return Refusal(f"is {text!r}. Write the https URL of an ACME directory, such as https://ca.lan/acme/directory.")


def _stun(text: str) -> str | Refusal:
    """`host:port` texts with commas between, or `none`."""
    if text.lower() == NO_SERVERS:
        return NO_SERVERS
    dials = [_dial(one.strip() if _has_port(one.strip()) else f"{one.strip()}:3478") for one in text.split(",")]
    refused = next((one for one in dials if isinstance(one, Refusal)), None)
    if refused is not None:
        return Refusal(f"is {text!r}. Write STUN servers such as stun.example.com:3478 with commas between, or none.")
    return ",".join(str(one) for one in dials)


def _services(text: str) -> str | Refusal:
    """http or https URLs with commas between, or `none`."""
    if text.lower() == NO_SERVERS:
        return NO_SERVERS
    urls = [one.strip() for one in text.split(",")]
    for url in urls:
        is_url = _with_readable_port(url) and urlsplit(url).scheme in {"http", "https"} and url.isprintable()
        if not is_url or "@" in url or " " in url:
            return Refusal(f"is {text!r}. Write http or https URLs with commas between, or none.")
    return ",".join(urls)


def _service(text: str) -> str | Refusal:
    """One http or https URL without a slash at its end, or `none`."""
    found = _services(text)
    if isinstance(found, Refusal) or "," in found:
        return Refusal(f"is {text!r}. Write the http or https URL of the service, or none.")
    return found.rstrip("/")


def _secret(text: str) -> str | Refusal:
    if len(text) < _MIN_SECRET_CHARACTERS:
        return Refusal(f"has {len(text)} characters. Write at least {_MIN_SECRET_CHARACTERS} random ones.")
    return text


def _flag(text: str) -> str | Refusal:
    word = text.lower()
    if word in _YES | _NO:
        return "yes" if word in _YES else "no"
    return Refusal(f"is {text!r}. Write yes or no.")


def _text(text: str) -> str | Refusal:
    return text if text.isprintable() else Refusal("holds characters that cannot be shown. Write one line of text.")


def _servers(text: str) -> str | Refusal:
    """Name servers as `address` or `address:port`, with commas; `none` for none at all."""
    if text.lower() == NO_SERVERS:
        return NO_SERVERS
    found = []
    for part in _parts(text):
        server = _address(part) or _dial(part)
        if isinstance(server, Refusal) or (":" in server and not _address(server) and not _is_numeric(server)):
            return Refusal(f"is {text!r}. Write IP addresses with commas between, such as 192.168.1.1, 9.9.9.9:53.")
        found.append(server)
    return ",".join(found)


def _is_numeric(dial: str) -> bool:
    return bool(_address(parse_dial(dial)[0]))


def _addresses(text: str) -> str | Refusal:
    found = [_address(part) for part in _parts(text)]
    if not all(found):
        return Refusal(f"is {text!r}. Write IP addresses with commas between, such as 203.0.113.9, 2001:db8::9.")
    return ",".join(found)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _address(text: str) -> str:
    """The usual spelling of an IP address, "" for anything else."""
    try:
        return ipaddress.ip_address(text.strip("[]")).compressed
    except ValueError:
        return ""


PARSERS: Mapping[Kind, Callable[[str], str | Refusal]] = {
    Kind.FOLDER: _path,
    Kind.FILE: _path,
    Kind.DIAL: _dial,
    Kind.PORT: _port,
    Kind.CADDY_ADMIN: _caddy_admin,
    Kind.DATABASE: _database,
    Kind.BROKER: _broker,
    Kind.DIRECTORY: _directory,
    Kind.SECRET: _secret,
    Kind.FLAG: _flag,
    Kind.TEXT: _text,
    Kind.SERVERS: _servers,
    Kind.ADDRESSES: _addresses,
    Kind.STUN: _stun,
    Kind.SERVICES: _services,
    Kind.SERVICE: _service,
}
