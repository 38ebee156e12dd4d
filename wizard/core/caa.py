"""CAA records: which certificate authorities a domain lets issue for it (RFC 8659, RFC 8657). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LETS_ENCRYPT = "letsencrypt.org"  # the only authority that Caddy asks by itself (measured on 2.11.7 without an email)

_RECORD = re.compile(r'(?P<flags>\d+)\s+(?P<tag>[A-Za-z0-9]+)\s+"?(?P<value>[^"]*)"?')
_KNOWN_TAGS = frozenset({"issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"})
_CRITICAL = 128


@dataclass(frozen=True, slots=True)
class Permission:
    """What a set of CAA records says about one authority.

    `issuers` are those that may issue at all. `methods` are the challenges it may use, None for all;
    `is_tied` is true when only one account there may ask.
    """

    is_given: bool
    issuers: tuple[str, ...] = ()
    methods: frozenset[str] | None = None
    is_tied: bool = False


def climb(name: str) -> tuple[str, ...]:
    """The names at which to look for CAA, nearest first: the first that has any counts (RFC 8659, section 3)."""
    labels = name.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))


def permission(records: Iterable[str], issuer: str = LETS_ENCRYPT) -> Permission:
    """Whether these records, in presentation form, let `issuer` issue for a single name (RFC 8659, section 4.2)."""
    parsed = [match for record in records if (match := _RECORD.match(record.strip()))]
    tags = [(int(match["flags"]), match["tag"].lower(), match["value"]) for match in parsed]
    if any(flags & _CRITICAL and tag not in _KNOWN_TAGS for flags, tag, _ in tags):
        return Permission(is_given=False)
    issues = [_issue(value) for _, tag, value in tags if tag == "issue"]
    if not issues:
        return Permission(is_given=True)
    issuers = tuple(sorted({name for name, _ in issues if name}))
    ours = [parameters for name, parameters in issues if name == issuer]
    if not ours:
        return Permission(is_given=False, issuers=issuers)
    methods = [frozenset(p["validationmethods"].split(",")) if "validationmethods" in p else None for p in ours]
    listed = [found for found in methods if found is not None]
    every: frozenset[str] = frozenset().union(*listed)
    allowed = None if len(listed) < len(methods) else every
    return Permission(True, issuers, allowed, all("accounturi" in parameters for parameters in ours))


def _issue(value: str) -> tuple[str, dict[str, str]]:
    name, *rest = (part.strip() for part in value.split(";"))
    pairs = (part.partition("=") for part in rest if "=" in part)
    return name.lower().rstrip("."), {key.strip().lower(): text.strip() for key, _, text in pairs}
