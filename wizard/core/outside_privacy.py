"""What may go to public probes and what never does: refusals, the list of what is sent, consent. Pure.

Results at a probe network are public, so nothing that could be a secret may be part of a question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from wizard.core.domain import Domain
from wizard.core.outside import PROBES, Question, Services
from wizard.core.refusal import Refusal

PUBLIC_PATHS = ("/identity", "/System/Info/Public")
"""What media servers answer without a login, as the end of a path. The bare `/` is allowed, too."""

_MAX_PATH = 120
_PREFIX = re.compile(r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LONG = re.compile(r"[A-Za-z0-9_~-]{16,}")
_TURNS = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", re.IGNORECASE)
_HEX = re.compile(r"(?=[a-f]*\d)[0-9a-f]{16,}|[a-f]{24,}")
_TOKEN_NAME = re.compile(r"token|api_?key|password|secret|bearer|authorization|^eyJ", re.IGNORECASE)
# in the list of public suffixes, and yet not reachable for everybody (RFC 8375, RFC 7686)
_NOT_FOR_ALL = (".home.arpa", ".onion")


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person was shown and agreed to: the very sentences of `what_is_sent`."""

    shown: tuple[str, ...]

    def covers(self, question: Question, services: Services) -> bool:
        """True when exactly what is sent now was shown."""
        return self.shown == what_is_sent(question, services)


def what_is_sent(question: Question, services: Services = Services()) -> tuple[str, ...]:  # noqa: B008 -- frozen
    """Everything that leaves this machine for a question, in sentences for the page that asks for consent."""
    if not services.hosts:
        return ("Nothing is sent, because no probe network is set.",)
    first, *others = services.hosts
    over = " and ".join(f"IPv{version}" for version in question.ip_versions)
    sentences = [
        f"The domain {question.domain}, the port {question.port} and the path {question.path} go to {first}.",
        f"{PROBES} machines of that network then open {question.url}, over {over}.",
    ]
    if services.globalping and question.home_country:
        sentences.append(f"The country code {question.home_country} goes along, so that one of them is near you.")
    sentences += [f"If {first} cannot answer, {question.url} goes to {host} in its place." for host in others]
    if services.globalping:
        sentences.append("Globalping shows the results, with the domain in them, to anybody for about 7 days.")
    if services.check_host:
        sentences.append("check-host.net keeps its report at a public address. We do not know for how long.")
    sentences.append("Both see the public address of this machine, as any web page does." if others else _SEES)
    sentences.append("No token, no password and no id of your server is sent.")
    return tuple(sentences)


def what_is_sent_always(services: Services) -> tuple[str, ...]:
    """What leaves this machine for any proxy host, in sentences: what an owner agrees to once, for all of them."""
    if not services.hosts:
        return ("Nothing is sent, because no probe network is set.",)
    first, *others = services.hosts
    rest = what_is_sent(Question("plex.example.com", "/identity"), services)
    return (
        f"The domain, the public port and one path of each proxy host that is checked go to {first}.",
        "The path is one that the media server answers without a login, such as /identity.",
        f"{PROBES} machines of that network then open that address, over IPv4 and IPv6 as the name has them.",
        *(f"If {first} cannot answer, the same goes to {host} in its place." for host in others),
        *rest[2 + len(others) :],
    )


_SEES = "It sees the public address of this machine, as any web page does."


def refuse(question: Question) -> Refusal | None:
    """Why a question must not be sent to anybody; None when it may. The sentence never repeats what was refused."""
    return _refuse_domain(question.domain) or _refuse_path(question.path) or _refuse_rest(question)


def _refuse_domain(name: str) -> Refusal | None:
    domain = Domain.parse(name)
    if isinstance(domain, Refusal) or domain.name != name:
        return Refusal("Public probes can only look at a domain name in its plain form, such as plex.example.com")
    if domain.is_localhost or name.endswith(_NOT_FOR_ALL) or not _suffixes().publicsuffix(name):
        return Refusal("This name leads nowhere outside your own network, so public probes cannot look at it")
    if any(looks_like_token(label) for label in name.split(".") if not _is_idna(label)):
        return Refusal("A part of this name looks like a token. Results are public, so it is not sent")
    return None


def _refuse_path(path: str) -> Refusal | None:
    if any(mark in path for mark in "?#;%@"):
        return Refusal("The path has more than a plain path in it. That could carry a token, so it is not sent")
    tail = next((tail for tail in PUBLIC_PATHS if path.endswith(tail)), "/" if path == "/" else "")
    prefix = path.removesuffix(tail)
    if not tail or len(path) > _MAX_PATH or not _PREFIX.fullmatch(prefix):
        return Refusal("Public probes are only sent to paths that a media server answers without a login")
    if any(_may_be_secret(part) for part in prefix.split("/")):
        return Refusal("The path looks like it has a token in it. Results are public, so it is not sent")
    return None


def _refuse_rest(question: Question) -> Refusal | None:
    if not 1 <= question.port <= 65535:
        return Refusal("Port must be between 1 and 65535")
    if question.home_country and not _COUNTRY.fullmatch(question.home_country):
        return Refusal("The country must be a code of two capital letters, such as DE")
    if not question.ip_versions:
        return Refusal("The name has no address yet, so there is nothing for public probes to look at")
    return None


def _may_be_secret(part: str) -> bool:
    """Stricter than for a domain, which is public by itself: a base path is a word or two."""
    is_long = any(any(c.isdigit() for c in run) for run in _LONG.findall(part))
    return is_long or looks_like_token(part) or bool(_TOKEN_NAME.search(part))


def looks_like_token(text: str) -> bool:
    """True for text that may be an access token: long, and mixed as words are not.

    Plex tokens are 20 characters of both cases with digits; keys of Jellyfin and Emby are 32 hexadecimal digits.
    Rather too strict than too lax: a refusal costs one look from outside.
    """
    return any(_is_mixed(run) for run in _LONG.findall(text))


def _is_mixed(run: str) -> bool:
    has_both_cases = run != run.lower() and run != run.upper()
    turns = len(_TURNS.findall(run.replace("-", "").replace("_", "").replace("~", "")))
    digits = sum(c.isdigit() for c in run)
    return has_both_cases or digits > 4 or turns >= 4 or bool(_HEX.search(run.lower().replace("-", "")))


def _is_idna(label: str) -> bool:
    """True for a label that stands for letters outside ASCII. Its digits are an encoding."""
    if not label.startswith("xn--"):
        return False
    try:
        return not idna.decode(label).isascii()
    except idna.IDNAError:
        return False


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)
