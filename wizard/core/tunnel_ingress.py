"""The configuration file of a tunnel that its owner manages: written for one name, and looked over. Pure.

Reads what such files usually are: one `key: value` in a line, and a list of rules under `ingress`. Other YAML is
answered with a sentence, never guessed at. The keys are those of cloudflared's own configuration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

CATCH_ALL = "http_status:404"
_MOST = 100_000
_ENTRY = re.compile(r"""^(?P<dash>-\s+)?(?P<key>[A-Za-z][\w-]*):(?:\s+(?P<value>.*))?$""")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the list; `extra` are the keys of its originRequest."""

    hostname: str = ""
    path: str = ""
    service: str = ""
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Reading:
    top: dict[str, str] = field(default_factory=dict)
    rules: list[dict[str, str]] = field(default_factory=list)
    odd: list[int] = field(default_factory=list)


def ingress_file(domain: str, service: str, tunnel: str = "") -> str:
    """The file for one name. The Host header stays the public name: Caddy chooses the proxy host by it."""
    known = tunnel or "YOUR-TUNNEL-ID"
    return (
        f"tunnel: {known}\n"
        f"credentials-file: /etc/cloudflared/{known}.json\n"
        "ingress:\n"
        f"  - hostname: {domain}\n"
        f"    service: {service}\n"
        f"  - service: {CATCH_ALL}\n"
    )


def look_over(text: str, domain: str, service: str) -> tuple[str, ...]:
    """What has to change in a pasted file so that `domain` reaches `service`; empty when nothing has to."""
    reading = _read(text[:_MOST])
    if reading.odd:
        return (f"Line {reading.odd[0]} could not be read. Write one `key: value` in each line.",)
    rules = [_rule(found) for found in reading.rules]
    if not rules:
        return ("There is no list `ingress` with rules in it.",)
    missing = tuple(
        f"`{key}` is missing at the top: cloudflared does not know which tunnel to run."
        for key in ("tunnel", "credentials-file")
        if not reading.top.get(key)
    )
    return (*missing, *_order(rules), *_target(rules, domain, service))


def _order(rules: list[Rule]) -> tuple[str, ...]:
    found = [
        f"Rule {number} catches everything, so the rules after it never count. Move it to the end."
        for number, rule in enumerate(rules[:-1], 1)
        if _catches_all(rule)
    ]
    if not _catches_all(rules[-1]):
        found.append(f"The last rule must catch everything. Add `- service: {CATCH_ALL}` at the end.")
    return tuple(found)


def _catches_all(rule: Rule) -> bool:
    return rule.hostname in {"", "*"} and not rule.path


def _target(rules: list[Rule], domain: str, service: str) -> tuple[str, ...]:
    ours = next((rule for rule in rules if _is_for(rule, domain)), None)
    if ours is None or (_catches_all(ours) and ours.service == CATCH_ALL):
        return (f"No rule is for {domain}. Add `- hostname: {domain}` with `service: {service}`.",)
    found = []
    if ours.path:
        found.append(f"The rule for {domain} has a `path`, so other addresses of the server go elsewhere. Remove it.")
    if not _same(ours.service, service):
        found.append(f"{domain} is led to {ours.service or 'nothing'}. It has to be {service}.")
    extra = dict(ours.extra)
    if "httpHostHeader" in extra:
        found.append("`httpHostHeader` changes the name, and Caddy then finds no proxy host. Remove it.")
    if "access" in extra:
        found.append("`access` asks for a login by Cloudflare Access, which media apps cannot do. Remove it.")
    return tuple(found)


def _is_for(rule: Rule, domain: str) -> bool:
    pattern = rule.hostname.lower()
    return pattern in {"", "*", domain} or (pattern.startswith("*.") and fnmatchcase(domain, pattern))


def _same(told: str, wanted: str) -> bool:
    try:
        one, other = urlsplit(told), urlsplit(wanted)
        # how another container or machine calls Caddy is its own matter
        is_near = other.hostname not in _LOOPBACK or one.hostname in _LOOPBACK
        return one.scheme == other.scheme and one.port == other.port and is_near
    except ValueError:
        return False


_LOOPBACK = {"localhost", "127.0.0.1"}


def _rule(found: dict[str, str]) -> Rule:
    extra = tuple((key, value) for key, value in found.items() if key not in {"hostname", "path", "service"})
    return Rule(found.get("hostname", ""), found.get("path", ""), found.get("service", ""), extra)


def _read(text: str) -> _Reading:
    reading, inside = _Reading(), False
    for number, line in enumerate(text.splitlines(), 1):
        bare = _without_comment(line)
        if not bare.strip() or bare.strip() == "---":
            continue
        entry = _ENTRY.match(bare.strip())
        if entry is None:
            # lists of simple values (such as audTag) stand deeper; their content does not matter here
            if not (inside and bare.strip().startswith("- ")):
                reading.odd.append(number)
            continue
        inside = _take(reading, entry, is_top=not bare[0].isspace() and not entry["dash"], inside=inside)
    return reading


def _take(reading: _Reading, entry: re.Match[str], *, is_top: bool, inside: bool) -> bool:
    key, value = entry["key"], (entry["value"] or "").strip().strip("\"'")
    if is_top:
        reading.top[key] = value
        return key == "ingress"
    if inside and entry["dash"]:
        reading.rules.append({})
    if inside and reading.rules:
        reading.rules[-1].setdefault(key, value)
    return inside


def _without_comment(line: str) -> str:
    return re.sub(r"(?:^|\s)#.*$", "", line).rstrip()
