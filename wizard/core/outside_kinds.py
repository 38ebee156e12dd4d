"""What one probe's answer amounts to, and the places of many answers in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from wizard.core.outside import Answer, Answerer, Miss, Question, State, miss_of

# 520 to 530 are Cloudflare's own words for "your side did not answer"
_GATEWAY = frozenset({502, 503, 504, *range(520, 531)})
_TURNED_AWAY = frozenset({403, 429})


class Kind(StrEnum):
    """The outcome of one look."""

    RIGHT = "right"
    UNPROVEN = "unproven"  # something fitting answers, and nothing says whose it is
    OTHER_SERVER = "other-server"
    OTHER_THING = "other-thing"
    BAD_GATEWAY = "bad-gateway"
    TURNED_AWAY = "turned-away"
    CERTIFICATE = "certificate"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    NAME_NOT_FOUND = "name-not-found"
    PRIVATE = "private"
    NO_ANSWER = "no-answer"
    NOT_ASKED = "not-asked"  # says nothing about the host


GOOD = (Kind.RIGHT, Kind.UNPROVEN)
MISSED = (Kind.REFUSED, Kind.TIMED_OUT, Kind.NAME_NOT_FOUND, Kind.PRIVATE, Kind.NO_ANSWER)

_BY_MISS = {
    Miss.PRIVATE: Kind.PRIVATE,
    Miss.REFUSED: Kind.REFUSED,
    Miss.NAME_NOT_FOUND: Kind.NAME_NOT_FOUND,
    Miss.TIMED_OUT: Kind.TIMED_OUT,
}


def kind_of_answer(question: Question, answer: Answer) -> Kind:
    """What one answer amounts to. The certificate counts only where the right thing answers behind it."""
    if not answer.is_telling:
        return Kind.NOT_ASKED
    if answer.state is not State.FINISHED:
        return _BY_MISS.get(miss_of(answer.said), Kind.NO_ANSWER)
    found = _who(question, answer)
    if found in GOOD and answer.tls is not None and not answer.tls.authorized:
        return Kind.CERTIFICATE
    return found


def _who(question: Question, answer: Answer) -> Kind:
    if answer.status in _GATEWAY:
        return Kind.BAD_GATEWAY
    if answer.status in _TURNED_AWAY:
        return Kind.TURNED_AWAY
    answerer = answer.answerer
    if answerer is None:  # this service passes no body on
        return Kind.UNPROVEN if 200 <= answer.status < 300 else Kind.OTHER_THING
    if not answerer.kind:
        return Kind.UNPROVEN if answer.is_truncated and answer.status == 200 else Kind.OTHER_THING
    return _whose(question, answerer)


def _whose(question: Question, answerer: Answerer) -> Kind:
    if not question.expected_id or not answerer.id:
        return Kind.UNPROVEN
    return Kind.RIGHT if answerer.id == question.expected_id else Kind.OTHER_SERVER


def listed(values: Iterable[str], most: int = 6) -> str:
    """Each value once: `a`, `a and b`, `a, b and c`; the rest as a number."""
    names = list(dict.fromkeys(values))
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def places(answers: Iterable[Answer]) -> str:
    """The places of some answers, each once."""
    return listed(answer.place.name for answer in answers)


def told(answer: Answer) -> str:
    """Everything about one answer, for the detail."""
    network = f" ({answer.place.network})" if answer.place.network else ""
    over = f" over IPv{answer.ip_version}" if answer.ip_version else ""
    parts = [
        f"status {answer.status}" if answer.status else answer.said or answer.state.value,
        f"from {answer.address}" if answer.address else "",
        f"failed at: {answer.side.value}" if answer.side else "",
        _certificate(answer),
        _identity(answer),
        f"leads on to {answer.location}" if answer.location else "",
        f"{answer.seconds:.2f} s" if answer.seconds else "",
    ]
    return f"{answer.place.name}{network}{over}: {', '.join(part for part in parts if part)}"


def _certificate(answer: Answer) -> str:
    if answer.tls is None:
        return ""
    verdict = "certificate accepted" if answer.tls.authorized else f"certificate refused ({answer.tls.error})"
    return f"{verdict}, until {answer.tls.expires_at[:10]}" if answer.tls.expires_at else verdict


def _identity(answer: Answer) -> str:
    if answer.answerer is None:
        return ""
    if answer.answerer.id:
        return f"id {answer.answerer.id}"
    return f'calls itself "{answer.answerer.called}"' if answer.answerer.called else ""
