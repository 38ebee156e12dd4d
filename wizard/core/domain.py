"""The external domain of a proxy host: text -> Domain, or a sentence that says what is wrong with it.

Nothing else makes a Domain, so no other text can reach Caddy's configuration as a host name.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from wizard.core.refusal import Refusal

MAX_NAME = 253  # RFC 1035, section 2.3.4, without the root dot

_SCHEME = re.compile(r"^https?://", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# browsers read a name that ends so as an IPv4 address (WHATWG URL, "ends in a number")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_PORT = re.compile(r"^(?P<name>[^:/\s]+):\d{1,5}$")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@dataclass(frozen=True, slots=True, order=True)
class Domain:
    """A public DNS name in lower case ASCII (IDNA). Made only by `Domain.parse`."""

    name: str

    @staticmethod
    def parse(text: str) -> Domain | Refusal:
        """Read what a person typed: trims, drops a scheme and a final slash or dot, encodes IDNA.

        `.localhost` names (RFC 6761) are accepted: they are the domain of the demo.
        """
        typed = _SCHEME.sub("", text.strip()).removesuffix("/").removesuffix(".")
        if not typed:
            return Refusal("Enter the external domain")
        if refusal := _refuse_shape(typed):
            return refusal
        try:
            # UTS 46 maps what looks like a letter or a dot to one, so the checks below see what DNS would see
            plain = idna.uts46_remap(typed, std3_rules=False)
            if refusal := _refuse_labels(plain):
                return refusal
            name = idna.encode(plain, uts46=True).decode("ascii").lower()
        except (idna.IDNAError, UnicodeError) as error:
            if "too long" in str(error):  # longer only once it is encoded
                return Refusal("External domain has a part that is longer than 63 characters")
            return Refusal(f"{_shown(typed)} has a character that a domain name cannot have")
        return _checked(name)

    @property
    def is_localhost(self) -> bool:
        """True for names that only lead to this very machine (RFC 6761, section 6.3)."""
        return self.name.endswith(".localhost")

    @property
    def registrable(self) -> str:
        """The part that is registered with a DNS provider: `example.com` of `plex.example.com`."""
        return str(_suffixes().privatesuffix(self.name) or self.name)

    def __str__(self) -> str:
        return self.name


def _shown(typed: str) -> str:
    visible = "".join(c if c.isprintable() else "·" for c in typed)
    return visible if len(visible) <= 60 else f"{visible[:57]}…"


def _refuse_shape(typed: str) -> Refusal | None:
    if any(c.isspace() or not c.isprintable() for c in typed):
        return Refusal("External domain must not contain spaces or line breaks")
    if match := _PORT.match(typed):
        return Refusal(f"Enter the name without a port, for example {_shown(match['name'])}")
    if any(c in typed for c in "/?#@"):
        return Refusal("Enter the name without https:// or a path, for example plex.example.com")
    if "*" in typed:
        return Refusal("External domain must be one full name. Wildcards such as *.example.com are not used here")
    if _is_address(typed):
        return Refusal(f"{_shown(typed)} is an IP address. Enter a domain name, for example plex.example.com")
    if len(typed) > MAX_NAME:
        return Refusal(f"External domain must not be longer than {MAX_NAME} characters")
    return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        # browsers and curl also read 0x7f.1 and 2130706433 as addresses
        return bool(re.fullmatch(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}", text, re.IGNORECASE))
    return True


def _refuse_labels(name: str) -> Refusal | None:
    if _is_address(name):
        return Refusal(f"{_shown(name)} is an IP address. Enter a domain name, for example plex.example.com")
    for label in name.split("."):
        if not label:
            return Refusal("External domain has two dots in a row, or begins with a dot")
        if "_" in label:
            return Refusal("_ is not allowed in an external domain")
        if label.isascii() and len(label) > 63:
            return Refusal(f"The part {_shown(label)} is longer than 63 characters")
    return None


def _checked(name: str) -> Domain | Refusal:
    if len(name) > MAX_NAME:
        return Refusal(f"External domain must not be longer than {MAX_NAME} characters")
    for label in name.split("."):
        if not _LABEL.fullmatch(label):
            return Refusal(f"{_shown(label)} has a character that a domain name cannot have")
    if "." not in name:
        return Refusal("External domain must be a full name with a dot in it, such as plex.example.com")
    if _NUMBER.fullmatch(name.rsplit(".", 1)[1]):
        return Refusal(f"{_shown(name)} ends in a number, as only IP addresses do. Enter a domain name")
    if not name.endswith(".localhost") and _suffixes().publicsuffix(name) == name:
        return Refusal(f"{name} belongs to everybody. Enter a name below it, such as plex.{name}")
    return Domain(name)
